using RaftCluster.Chaos;
using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.History;

namespace RaftCluster.Tests.Chaos;

public sealed class JournalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("journal").FullName;

    private string File => Path.Combine(_folder, "history.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_was_written_is_read_back_and_judged_alike()
    {
        HistoryRecord[] records =
        [
            Run, Ops.Write("register/1", "x", 0, 1, revision: 1), Ops.List("", 2, 3, 1, ("register/1", "x", 1)),
            Ops.Swap("register/1", "x", "y", 4, 5).Unknown(), Ops.Fault("kill-leader", 1, 2, "n1"), new EndRecord { At = 9 },
        ];
        using (var journal = new Journal(File))
        {
            Array.ForEach(records, journal.Add);
        }

        var read = new RunHistory(Journal.Read(File));

        Assert.Equal(["x", null, "y"], read.Operations.Select(operation => operation.Value));
        Assert.Equal([1, 2, 3], read.Operations.Select(operation => operation.Id));
        Assert.Equal(long.MaxValue, read.Operations[2].Latest);
        Assert.Equal("register/1", Assert.Single(read.Operations[1].Rows!).Key);
        Assert.Equal("ok", Judgement.Of(read).Verdict);
    }

    [Fact]
    public void A_history_without_its_end_is_unknown()
    {
        var judged = Judgement.Of(new RunHistory([Run, Ops.Write("register/1", "x", 0, 1, revision: 1)]));

        Assert.Equal(("unknown", Verdicts.Unknown), (judged.Verdict, judged.ExitCode));
    }

    [Fact]
    public void Nothing_that_succeeded_is_unknown_too() => Assert.Equal(
        "unknown", Judgement.Of(new RunHistory([Run, Ops.Write("register/1", "x", 0, 1).Failed(), new EndRecord { At = 9 }])).Verdict);

    [Fact]
    public void What_the_end_showed_counts()
    {
        var end = new EndRecord { At = 9, Violations = [new EndViolation("NodesAreEqual", "index 7", "one", "another")] };

        Assert.Equal(Verdicts.Violated, Judgement.Of(new RunHistory([Run, Ops.Write("a", "x", 0, 1, revision: 1), end])).ExitCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"record\":\"op\"}")]
    [InlineData("{\"record\":\"weather\"}")]
    [InlineData("not json")]
    public void What_is_no_history_is_refused(string text)
    {
        System.IO.File.WriteAllText(File, text);

        Assert.Throws<HarnessException>(() => Journal.Read(File));
    }

    private static RunRecord Run => new() { At = default, Command = "run", Seed = 1, Nodes = ["n1"] };
}
