using CsCheck;
using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.Checks.Registers;
using RaftCluster.Chaos.History;

namespace RaftCluster.Tests.Chaos.Registers;

public sealed class RegisterCheckTests
{
    [Fact]
    public void Keys_are_judged_each_for_itself()
    {
        Operation[] operations =
        [
            Ops.Write("a", "1", 0, 1), Ops.Write("b", "2", 2, 3), Ops.Read("a", "1", 4, 5), Ops.Read("b", "2", 6, 7),
        ];

        Assert.Empty(Judge(operations));
        Assert.Equal("b", Assert.Single(Judge([.. operations, Ops.Read("b", null, 8, 9)])).Subject);
    }

    [Fact]
    public void What_failed_never_happens_and_what_is_unknown_may()
    {
        Assert.Empty(Judge([Ops.Write("a", "1", 0, 1).Unknown(), Ops.Read("a", "1", 2, 3)]));
        Assert.Single(Judge([Ops.Write("a", "1", 0, 1).Failed(), Ops.Read("a", "1", 2, 3)]));
        Assert.Single(Judge([Ops.Write("a", "1", 0, 1) with { Outcome = Outcome.Dishonest }, Ops.Read("a", "1", 2, 3), Ops.Read("a", null, 4, 5)]));
    }

    [Fact]
    public void A_comparison_that_did_not_hold_says_something_and_one_that_was_refused_does_not()
    {
        Assert.Single(Judge([Ops.Write("a", "1", 0, 1), Ops.Mismatch("a", "1", "2", 2, 3)]));
        Assert.Empty(Judge([Ops.Write("a", "1", 0, 1), Ops.Swap("a", "1", "2", 2, 3).Failed()]));
        Assert.Empty(Judge([Ops.Write("a", "1", 0, 1), Ops.Mismatch("a", "0", "2", 2, 3)]));
    }

    [Fact]
    public void Reads_that_may_be_old_say_nothing_here() => Assert.Empty(Judge(
        [Ops.Write("a", "1", 0, 1), Ops.Read("a", null, 2, 3, consistency: Consistency.Local)]));

    [Fact]
    public void The_evidence_is_what_is_needed_and_no_more()
    {
        var around = Enumerable.Range(0, 40).SelectMany(at => new[]
        {
            Ops.Write("a", $"w{at}", 10 * at, (10 * at) + 2),
            Ops.Read("a", $"w{at}", (10 * at) + 3, (10 * at) + 4),
            Ops.Mismatch("a", "never", "x", (10 * at) + 5, (10 * at) + 6),
        }).ToList();
        around.Add(Ops.Read("a", "w3", 500, 501));

        var evidence = Assert.Single(Judge(around)).Evidence;

        // A write, one that came after it, and a read that saw the first.
        Assert.Equal(["w3", "w39"], evidence.Where(each => each.Kind == OperationKind.Write).Select(each => each.Value).Order());
        Assert.Equal("w3", Assert.Single(evidence, each => each.Kind == OperationKind.Read).Result);
        Assert.Equal(3, evidence.Count);
    }

    [Fact]
    public void The_evidence_is_never_sound_itself() => Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[0, 40], Gen.Int[1, 12], Gen.Int[0, 9])
        .Array[3, 12].Sample(
            made =>
            {
                List<Operation> operations = [.. made.Select((each, at) => Made(at, each))];
                Assert.All(Judge(operations), violation => Assert.True(RegisterCheck.IsBroken(violation.Evidence)));
            },
            iter: 2_000);

    [Fact]
    public void Too_much_that_is_open_is_told()
    {
        var told = new List<string>();
        Operation[] operations = [.. Enumerable.Range(0, 70).Select(at => Ops.Write("a", $"{at}", at, at + 1).Unknown()), Ops.Read("a", null, 80, 81)];

        Assert.Empty(RegisterCheck.Judge(operations, told.Add));
        Assert.StartsWith("a: ", Assert.Single(told), StringComparison.Ordinal);
    }

    private static Operation Made(int at, (int Kind, int Value, int Begin, int Length, int Fate) each)
    {
        var (kind, value, begin, length, fate) = each;
        var made = kind switch
        {
            0 => Ops.Read("a", value == 0 ? null : $"w{value}", begin, begin + length),
            1 => Ops.Mismatch("a", $"w{value}", $"x{at}", begin, begin + length),
            2 => Ops.Swap("a", value == 0 ? null : $"w{value}", $"s{at}", begin, begin + length),
            _ => Ops.Write("a", $"w{value}", begin, begin + length),
        };
        return fate == 0 && kind >= 2 ? made.Unknown() : made;
    }

    private static List<Violation> Judge(IEnumerable<Operation> operations) =>
        [.. RegisterCheck.Judge(operations, why => Assert.Fail(why))];
}
