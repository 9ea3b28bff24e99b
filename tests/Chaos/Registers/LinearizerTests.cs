using CsCheck;
using RaftCluster.Chaos.Checks.Registers;

namespace RaftCluster.Tests.Chaos.Registers;

public sealed class LinearizerTests
{
    private const long Never = long.MaxValue;

    [Fact]
    public void A_history_in_sequence_is_sound() => Assert.IsType<Linearity.Sound>(Linearizer.Judge(
        [Read(0, 0, 1), Write(1, 2, 3), Read(1, 4, 5), Swap(1, 2, 6, 7), Differ(1, 8, 9), Read(2, 10, 11)]));

    [Fact]
    public void A_stale_read_is_not() => Assert.Equal(
        new Linearity.Broken(2), Linearizer.Judge([Write(1, 0, 1), Write(2, 2, 3), Read(1, 4, 5)]));

    [Fact]
    public void Two_swaps_of_one_value_are_not() => Assert.IsType<Linearity.Broken>(
        Linearizer.Judge([Write(1, 0, 1), Swap(1, 2, 2, 5), Swap(1, 3, 2, 5)]));

    [Fact]
    public void A_comparison_that_fails_where_the_value_is_there_is_not() => Assert.IsType<Linearity.Broken>(
        Linearizer.Judge([Write(1, 0, 1), Differ(1, 2, 3)]));

    [Fact]
    public void Reads_must_agree_on_the_order_of_writes_that_met() => Assert.IsType<Linearity.Broken>(
        Linearizer.Judge([Write(1, 0, 10), Write(2, 0, 10), Read(1, 11, 12), Read(2, 13, 14)]));

    [Fact]
    public void A_new_value_then_the_old_one_is_not_sound_even_while_the_write_is_under_way() => Assert.IsType<Linearity.Broken>(
        Linearizer.Judge([Write(1, 0, 1), Write(2, 2, 20), Read(2, 3, 4), Read(1, 5, 6)]));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void An_unknown_write_may_happen_late_or_never(int seen) => Assert.IsType<Linearity.Sound>(
        Linearizer.Judge([Write(1, 0, 1), Write(2, 2, Never), Read(1, 10, 11), Read(seen, 20, 21)]));

    [Fact]
    public void An_unknown_write_happens_once() => Assert.IsType<Linearity.Broken>(Linearizer.Judge(
        [Write(1, 0, 1), Write(2, 2, Never), Read(2, 10, 11), Write(3, 12, 13), Read(2, 14, 15)]));

    [Fact]
    public void An_unknown_write_does_not_happen_before_it_is_sent() => Assert.IsType<Linearity.Broken>(
        Linearizer.Judge([Read(2, 0, 1), Write(2, 2, Never)]));

    [Fact]
    public void Many_unknown_writes_of_one_value_are_no_more_work_than_one() => Assert.IsType<Linearity.Sound>(Linearizer.Judge(
        [.. Enumerable.Range(0, 60).Select(at => Write(9, at, Never)), Write(1, 100, 101), Read(9, 102, 103), Read(9, 104, 105)]));

    [Fact]
    public void Too_much_that_is_open_is_not_guessed() => Assert.IsType<Linearity.Undecided>(Linearizer.Judge(
        [.. Enumerable.Range(1, 70).Select(at => Write(at, at, Never)), Read(0, 100, 101)]));

    [Fact]
    public void It_answers_as_trying_every_order_does() => Any.Array[1, 6].Sample(
        steps => Assert.Equal(IsSoundByTryingAll(steps), Linearizer.Judge(steps) is Linearity.Sound),
        iter: 20_000);

    [Fact]
    public void What_really_happened_in_some_order_is_sound() => Happened.Sample(
        steps => Assert.IsType<Linearity.Sound>(Linearizer.Judge(steps)), iter: 500);

    [Fact]
    public void A_read_of_what_was_overwritten_before_it_began_is_caught() => Happened.Sample(
        steps =>
        {
            // After everything: two values that no other step knows, and then a read of the first.
            var after = steps.Where(step => !step.IsOpen).Select(step => step.End).DefaultIfEmpty(0).Max();
            RegisterStep[] stale = [Write(900, after + 1, after + 2), Write(901, after + 3, after + 4), Read(900, after + 5, after + 6)];
            Assert.Equal(new Linearity.Broken(steps.Length + 2), Linearizer.Judge([.. steps, .. stale]));
        },
        iter: 500);

    /// <summary>Any few steps of few values: as often sound as not.</summary>
    private static Gen<RegisterStep> Any => Gen.Select(Gen.Enum<StepKind>(), Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int[0, 9], Gen.Int[1, 6], Gen.Int[0, 5])
        .Select((kind, before, after, begin, length, open) =>
            new RegisterStep(kind, before, after, begin, open == 0 && kind is StepKind.Write or StepKind.Swap ? Never : begin + length));

    /// <summary>Steps that happened to a register at moments in the order of the list, and were seen to last longer.</summary>
    private static Gen<RegisterStep[]> Happened => Gen.Select(Gen.Enum<StepKind>(), Gen.Int[0, 3], Gen.Int[0, 25], Gen.Int[0, 25], Gen.Int[0, 19])
        .Array[1, 120]
        .Select(made =>
        {
            var value = 0;
            return made.Select((each, at) =>
            {
                var (kind, after, before, behind, fate) = each;
                var moment = 100L + (10 * at);
                var step = kind switch
                {
                    StepKind.Read => Read(value, moment - before, moment + behind),
                    StepKind.Write => Write(after, moment - before, moment + behind),
                    StepKind.Swap => Swap(value, after, moment - before, moment + behind),
                    _ => Differ(value + 1, moment - before, moment + behind),
                };
                var happens = fate != 0 || kind is StepKind.Read or StepKind.Differ;
                value = happens && step.TryApply(value, out var next) ? next : value;
                return fate is 0 or 1 && kind is StepKind.Write or StepKind.Swap ? step with { End = Never } : step;
            }).ToArray();
        });

    private static bool IsSoundByTryingAll(RegisterStep[] steps)
    {
        bool Try(int value, int done)
        {
            if (Enumerable.Range(0, steps.Length).All(at => (done & (1 << at)) != 0 || steps[at].IsOpen))
            {
                return true;
            }

            return Enumerable.Range(0, steps.Length).Any(at =>
                (done & (1 << at)) == 0
                && Enumerable.Range(0, steps.Length).All(other => (done & (1 << other)) != 0 || steps[other].End >= steps[at].Begin)
                && steps[at].TryApply(value, out var next)
                && Try(next, done | (1 << at)));
        }

        return Try(0, 0);
    }

    private static RegisterStep Read(int value, long begin, long end) => new(StepKind.Read, value, 0, begin, end);

    private static RegisterStep Write(int value, long begin, long end) => new(StepKind.Write, 0, value, begin, end);

    private static RegisterStep Swap(int before, int after, long begin, long end) => new(StepKind.Swap, before, after, begin, end);

    private static RegisterStep Differ(int value, long begin, long end) => new(StepKind.Differ, value, 0, begin, end);
}
