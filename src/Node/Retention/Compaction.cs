using RaftCluster.StateMachine;

namespace RaftCluster.Node.Retention;

/// <summary>The transaction that drops history.</summary>
internal static class Compaction
{
    /// <summary>Drops what is older than a revision; nothing when that was dropped already.</summary>
    /// <param name="revision">The oldest revision that stays readable, at least 1.</param>
    public static Transaction Of(long revision) => Transaction.Of(new Operation.Compact(revision));
}
