using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace RaftCluster.StateMachine;

/// <summary>Conditions that hold in production too. When one does not, the code is broken and the process must end.</summary>
public static class Invariant
{
    /// <summary>Throws when <paramref name="condition"/> is false.</summary>
    /// <param name="condition">What must be true here.</param>
    /// <param name="because">Why it must, in a few words: the message of the failure.</param>
    /// <exception cref="InvariantException">The condition is false.</exception>
    public static void Holds([DoesNotReturnIf(false)] bool condition, string because)
    {
        if (!condition)
        {
            Fail(because);
        }
    }

    [DoesNotReturn, StackTraceHidden]
    private static void Fail(string because) => throw new InvariantException(because);
}

/// <summary>An invariant does not hold: the process must stop rather than go on from here.</summary>
/// <param name="because">The invariant that does not hold.</param>
public sealed class InvariantException(string because) : Exception($"invariant broken: {because}");
