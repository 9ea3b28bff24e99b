using System.Numerics;

namespace RaftCluster.Chaos.Checks.Registers;

/// <summary>What came of judging a register.</summary>
internal abstract record Linearity
{
    private Linearity()
    {
    }

    /// <summary>The steps can be put in an order.</summary>
    public sealed record Sound : Linearity;

    /// <summary>They can't.</summary>
    /// <param name="At">The first step, by its end, that fits nowhere any more.</param>
    public sealed record Broken(int At) : Linearity;

    /// <summary>Too much is open to tell.</summary>
    /// <param name="Why">What there is too much of.</param>
    public sealed record Undecided(string Why) : Linearity;
}

/// <summary>
/// Looks for an order of the steps of one register in which each happens at one moment between its begin and its end: Wing
/// and Gong's search, with Lowe's just-in-time rule: a step is put in its place no sooner than somebody's end forces it. So all
/// that has to be remembered are the values that are possible after what has ended, each with the set of steps under way that
/// have happened already.
/// </summary>
internal sealed class Linearizer
{
    /// <summary>Steps under way at a time, the open ones included.</summary>
    public const int MostUnderWay = 64;

    private const int MostStates = 1 << 20;

    private readonly IReadOnlyList<RegisterStep> _steps;
    private readonly int[] _underWay = new int[MostUnderWay];
    private readonly int[] _places;
    private ulong _taken;
    private HashSet<State> _states = [new(0, 0)];

    private Linearizer(IReadOnlyList<RegisterStep> steps) => (_steps, _places) = (steps, new int[steps.Count]);

    /// <summary>Judges.</summary>
    /// <param name="steps">The steps, in any order.</param>
    public static Linearity Judge(IReadOnlyList<RegisterStep> steps) => new Linearizer(steps).Judge();

    private Linearity Judge()
    {
        foreach (var (at, isEnd) in Moments())
        {
            if (!isEnd)
            {
                if (_taken == ulong.MaxValue)
                {
                    return new Linearity.Undecided($"more than {MostUnderWay} operations of one key are under way, or of unknown outcome");
                }

                var free = BitOperations.TrailingZeroCount(~_taken);
                (_underWay[free], _places[at], _taken) = (at, free, _taken | (1UL << free));
                continue;
            }

            var place = _places[at];
            _states = After(place);
            _taken &= ~(1UL << place);
            if (_states.Count == 0)
            {
                return new Linearity.Broken(at);
            }

            if (_states.Count > MostStates)
            {
                return new Linearity.Undecided($"more than {MostStates} states of one key are possible at a time");
            }

            ForgetWhatHappened();
        }

        return new Linearity.Sound();
    }

    /// <summary>Begins and ends in the order of time. At the same time begins come first: such steps may have met.</summary>
    private IEnumerable<(int Step, bool IsEnd)> Moments() => Enumerable.Range(0, _steps.Count)
        .Select(at => (Time: _steps[at].Begin, IsEnd: false, At: at))
        .Concat(Enumerable.Range(0, _steps.Count).Where(at => !_steps[at].IsOpen).Select(at => (Time: _steps[at].End, IsEnd: true, At: at)))
        .OrderBy(moment => moment.Time)
        .ThenBy(moment => moment.IsEnd)
        .Select(moment => (moment.At, moment.IsEnd));

    /// <summary>All states in which the step of a place has happened, with no more steps before it than it takes.</summary>
    private HashSet<State> After(int place)
    {
        var bit = 1UL << place;
        var (found, seen, open) = (new HashSet<State>(), new HashSet<State>(_states), new Stack<State>(_states));
        while (open.TryPop(out var state))
        {
            if ((state.Happened & bit) != 0)
            {
                found.Add(state with { Happened = state.Happened & ~bit });
                continue;
            }

            for (var left = _taken & ~state.Happened; left != 0; left &= left - 1)
            {
                var other = BitOperations.TrailingZeroCount(left);
                if (!IsFirstOfItsKind(other, state)
                    || !_steps[_underWay[other]].TryApply(state.Value, out var value))
                {
                    continue;
                }

                var next = new State(value, state.Happened | (1UL << other));
                if (seen.Add(next))
                {
                    if (seen.Count > MostStates)
                    {
                        return seen;
                    }

                    open.Push(next);
                }
            }
        }

        return found;
    }

    /// <summary>
    /// Open steps that do the same stand for each other, so only the first of them is tried: otherwise a few lost writes of
    /// one value would make more states than can be kept.
    /// </summary>
    private bool IsFirstOfItsKind(int place, State state)
    {
        var step = _steps[_underWay[place]];
        if (!step.IsOpen)
        {
            return true;
        }

        for (var left = _taken & ~state.Happened & ((1UL << place) - 1); left != 0; left &= left - 1)
        {
            var other = _steps[_underWay[BitOperations.TrailingZeroCount(left)]];
            if (other.IsOpen && other.DoesAs(step))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>An open step that has happened in every state needs no place any more.</summary>
    private void ForgetWhatHappened()
    {
        var everywhere = _states.Aggregate(_taken, (common, state) => common & state.Happened);
        for (var left = everywhere; left != 0; left &= left - 1)
        {
            var place = BitOperations.TrailingZeroCount(left);
            if (!_steps[_underWay[place]].IsOpen)
            {
                everywhere &= ~(1UL << place);
            }
        }

        if (everywhere != 0)
        {
            _taken &= ~everywhere;
            _states = [.. _states.Select(state => state with { Happened = state.Happened & ~everywhere })];
        }
    }

    /// <param name="Value">What the register holds.</param>
    /// <param name="Happened">The places of steps under way that have happened.</param>
    private readonly record struct State(int Value, ulong Happened);
}
