using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.History;

namespace RaftCluster.Tests.Chaos;

public sealed class SessionCheckTests
{
    [Fact]
    public void A_session_that_goes_forward_is_sound() => Assert.Empty(Judge(
        Ops.Write("a", "1", 0, 1, revision: 5),
        Ops.Read("a", "1", 2, 3, revision: 5, row: 5),
        Ops.Read("a", "2", 4, 5, revision: 8, row: 7),
        Ops.Write("b", "3", 6, 7, revision: 9)));

    [Fact]
    public void It_reads_its_own_writes() => Assert.NotEmpty(Judge(
        Ops.Write("a", "1", 0, 1, revision: 5), Ops.Read("a", null, 2, 3, revision: 4)));

    [Fact]
    public void Its_reads_never_go_back()
    {
        Assert.Single(Judge(Ops.Read("a", "1", 0, 1, revision: 5, row: 5), Ops.Read("b", "1", 2, 3, revision: 4, row: 1)));
        Assert.Single(Judge(Ops.Read("a", "1", 0, 1, revision: 5, row: 5), Ops.Read("a", "0", 2, 3, revision: 6, row: 4)));
    }

    [Fact]
    public void Its_writes_come_after_what_it_saw() => Assert.Single(Judge(
        Ops.Read("a", "1", 0, 1, revision: 5, row: 5), Ops.Write("b", "2", 2, 3, revision: 5)));

    [Fact]
    public void Sessions_are_judged_each_for_itself() => Assert.Empty(SessionCheck.Judge(
    [
        Ops.Read("a", "1", 0, 1, revision: 5, row: 5) with { Session = 1 },
        Ops.Read("a", null, 2, 3, revision: 4) with { Session = 2 },
        Ops.Read("a", null, 4, 5, revision: 3, consistency: Consistency.Local),
    ]));

    private static List<Violation> Judge(params Operation[] operations) =>
        [.. SessionCheck.Judge(operations.Select(operation => operation with { Session = 1 }))];
}
