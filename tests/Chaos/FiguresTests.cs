using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.History;

namespace RaftCluster.Tests.Chaos;

public sealed class FiguresTests
{
    [Fact]
    public void What_was_counted_stands_beside_what_is_to_be_reached()
    {
        var figures = Of(
            Ops.Fault("kill-all", 0, 9, "n1") with { KilledAll = 1 },
            Ops.Fault("half-snapshot", 20, 30, "n1") with { KilledAll = 1 },
            Ops.Fault("power-all", 40, 50, "n1") with { PowerLostAll = 1 },
            Ops.Fault("bit-rot", 60, 70, "n1") with { BitsTurned = 9, BitsNoticed = 7 },
            Ops.Fault("delay", 65, 69, "n1"),
            Ops.Fault("slow", 80, 90, "n1") with { Effect = Effect.Skipped });

        Assert.Equal(("5", false), Figure(figures, "faults that took effect"));
        Assert.Equal(("40 %", true), Figure(figures, "of them overlapping"));
        Assert.Equal(("2", false), Figure(figures, "all nodes killed at once"));
        Assert.Equal(("1", false), Figure(figures, "all power cut at once"));
        Assert.Equal(("7", false), Figure(figures, "bits turned and noticed (of 9 turned)"));
        Assert.Equal(("0", true), Figure(figures, "bits served wrongly"));
    }

    [Fact]
    public void A_crash_alone_is_told_from_one_among_other_faults_and_from_one_without_a_majority()
    {
        var figures = Of(
            Ops.Write("a", "1", 900_000, 1_000_000, revision: 1),
            Ops.Write("a", "2", 1_700_000, 1_800_000, revision: 2),
            Ops.Write("a", "3", 9_000_000, 10_000_000, revision: 3),
            Ops.Write("a", "4", 12_000_000, 12_500_000, revision: 4),
            Ops.Write("a", "5", 20_000_000, 30_000_000, revision: 5),
            Ops.Fault("kill-leader", 1_100_000, 1_700_000, "n1"),
            Ops.Fault("kill-leader", 10_500_000, 12_000_000, "n1"),
            Ops.Fault("delay", 10_500_000, 12_000_000, "n1"),
            Ops.Fault("kill-leader", 13_000_000, 29_000_000, "n1"),
            Ops.Fault("pause-majority", 13_000_000, 29_000_000, "n1"));

        Assert.Equal(("0.80 s", false), Figure(figures, "write gap after a leader's crash alone (1): median"));
        Assert.Equal(("2.50 s", true), Figure(figures, "write gap after a leader's crash among other faults (1): p99"));
        Assert.Null(figures.Single(figure => figure.Name.StartsWith("write gap after a one-way cut", StringComparison.Ordinal)).IsReached);
    }

    /// <summary>begin of the other fault, its kind, its node → how many crashes count as ones among other faults</summary>
    [Theory]
    [InlineData(10_500_000, "pause-follower", "n1", 1)]
    [InlineData(10_500_000, "delay", "n2", 1)]
    [InlineData(10_500_000, "pause-follower", "n2", 0)]
    [InlineData(10_500_000, "snapshot", "n2", 0)]
    public void A_crash_that_leaves_no_majority_with_what_another_fault_took_is_not_measured(int begin, string other, string node, int crashes)
    {
        var figures = Of(
            Ops.Write("a", "1", 9_000_000, 10_400_000, revision: 1),
            Ops.Write("a", "2", 12_000_000, 12_500_000, revision: 2),
            Ops.Fault("kill-leader", 10_500_000, 12_000_000, "n1"),
            Ops.Fault(other, begin, 12_000_000, node));

        Assert.Contains(figures, figure => figure.Name == $"write gap after a leader's crash among other faults ({crashes}): p99");
    }

    /// <summary>what the third node had applied → how many crashes count</summary>
    [Theory]
    [InlineData(50, 1)]
    [InlineData(49, 0)]
    public void A_crash_that_leaves_a_node_that_is_behind_leaves_no_majority(long applied, int crashes)
    {
        var figures = Of(
            Ops.Write("a", "1", 9_000_000, 10_400_000, revision: 1),
            Ops.Write("a", "2", 12_000_000, 12_500_000, revision: 2),
            View("n1", 8_000_000, 50),
            View("n1", 10_000_000, 90),
            View("n2", 10_000_000, 90),
            View("n3", 8_000_000, applied - 9),
            View("n3", 10_000_000, applied),
            View("n4", 7_000_000, 1),
            Ops.Fault("kill-leader", 10_500_000, 12_000_000, "n1"));

        Assert.Contains(figures, figure => figure.Name == $"write gap after a leader's crash alone ({crashes}): median");
    }

    [Fact]
    public void A_crash_into_the_gap_of_an_earlier_fault_has_none_of_its_own()
    {
        var figures = Of(
            Ops.Write("a", "1", 900_000, 1_000_000, revision: 1),
            Ops.Write("a", "2", 12_000_000, 12_500_000, revision: 2),
            Ops.Fault("delay", 1_000_000, 12_000_000, "n1"),
            Ops.Fault("kill-leader", 9_000_000, 12_000_000, "n1"));

        Assert.Contains(figures, figure => figure.Name == "write gap after a leader's crash among other faults (0): p99");
    }

    private static ViewRecord View(string node, long end, long applied) => new()
    {
        Begin = end - 1,
        End = end,
        Node = node,
        Role = "follower",
        Term = 1,
        Applied = applied,
        Revision = applied,
        StateHash = "0",
    };

    private static IReadOnlyList<Figure> Of(params HistoryRecord[] records)
    {
        var history = new RunHistory(records.Prepend(new RunRecord { At = default, Command = "run", Seed = 1, Nodes = ["n1", "n2", "n3"] }));
        return Figures.Of(history, new Judgement([], [], []), Gaps.Measure(history));
    }

    private static (string, bool?) Figure(IReadOnlyList<Figure> figures, string name)
    {
        var figure = figures.Single(figure => figure.Name == name);
        return (figure.Reached, figure.IsReached);
    }
}
