using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.History;
using RaftCluster.Chaos.Report;

namespace RaftCluster.Tests.Chaos;

public sealed class ReportTests : IDisposable
{
    private static readonly DateTimeOffset _at = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("report").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_violation_comes_with_its_operations_and_what_nodes_said_then()
    {
        File.WriteAllLines(
            Path.Combine(_folder, "n1.out"),
            ["2026-01-02T03:00:00.000Z info  long before", "2026-01-02T03:04:06.500Z info  stands for election", "2026-01-02T03:14:00.000Z info  long after"]);

        var summary = Save(Ops.Write("register/a", "</script>", 1_000_000, 1_100_000, revision: 1), Ops.Read("register/a", null, 1_200_000, 1_300_000, revision: 1));

        Assert.StartsWith("# violated", summary, StringComparison.Ordinal);
        Assert.Contains("chaos -- run --seed 5", summary, StringComparison.Ordinal);
        Assert.Contains("write register/a = </script>", summary, StringComparison.Ordinal);
        Assert.Contains("n1: 2026-01-02T03:04:06.500Z info  stands for election", summary, StringComparison.Ordinal);
        Assert.DoesNotContain("long before", summary, StringComparison.Ordinal);
        Assert.DoesNotContain("long after", summary, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_stands_alone_and_its_data_can_not_end_its_script()
    {
        Save(Ops.Write("register/a", "</script>", 1_000_000, 1_100_000, revision: 1), Ops.Read("register/a", null, 1_200_000, 1_300_000, revision: 1));

        var page = File.ReadAllText(Path.Combine(_folder, RunReport.PageName));

        Assert.Equal(1, page.Split("</script>").Length - 1);
        Assert.DoesNotContain("src=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
        Assert.Contains("\"verdict\":\"violated\"", page, StringComparison.Ordinal);
        Assert.Contains("kill-leader", page, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_skipped_is_said() => Assert.Contains(
        "power-all: it takes root", Save(Ops.Write("register/a", "1", 0, 1, revision: 1)), StringComparison.Ordinal);

    private string Save(params HistoryRecord[] records)
    {
        var run = new RunRecord
        {
            At = _at,
            Command = "dotnet run -c Release --project chaos -- run --seed 5",
            Seed = 5,
            Nodes = ["n1"],
            Skipped = new Dictionary<string, string> { ["power-all"] = "it takes root" },
        };
        var history = new RunHistory([run, .. records, Ops.Fault("kill-leader", 5, 9, "n1"), new EndRecord { At = 10 }]);
        new RunReport(history, Judgement.Of(history), _folder).Save();
        return File.ReadAllText(Path.Combine(_folder, RunReport.SummaryName));
    }
}
