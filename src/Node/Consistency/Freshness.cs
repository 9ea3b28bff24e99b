using RaftCluster.Node.Consensus;

namespace RaftCluster.Node.Consistency;

/// <summary>
/// The newest proof of leadership whose index this node has applied. Every write acknowledged before that proof
/// began is here, so the time since then is an upper bound of how far behind this copy is.
/// </summary>
public sealed class Freshness(TimeProvider time)
{
    /// <summary>Null for none yet. A reference, so that the two numbers of a proof are never torn apart.</summary>
    private Proof? _applied;

    /// <summary>How far behind the leader this copy is at most; null while nothing is known.</summary>
    public TimeSpan? Staleness => Volatile.Read(ref _applied) is { } proof ? time.GetElapsedTime(proof.BegunAt) : null;

    /// <summary>Notes a proof whose index has been applied here.</summary>
    public void Note(Confirmation applied)
    {
        var seen = Volatile.Read(ref _applied);
        if (seen is not null && seen.BegunAt >= applied.BegunAt)
        {
            return;
        }

        var proof = new Proof(applied.BegunAt);
        while (true)
        {
            var before = Interlocked.CompareExchange(ref _applied, proof, seen);
            if (ReferenceEquals(before, seen) || before!.BegunAt >= applied.BegunAt)
            {
                return;
            }

            seen = before;
        }
    }

    private sealed record Proof(long BegunAt);
}
