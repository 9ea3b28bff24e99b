using System.Runtime.CompilerServices;
using DotNext.Diagnostics;
using DotNext.Net.Cluster.Consensus.Raft;

namespace RaftCluster.Node.Consensus.Raft;

/// <summary>
/// What failover needs and the library has no call for: to forget having heard of a leader a moment ago, so that a vote
/// is given at once, and to stand for election before the timeout. It reaches two private fields of the pinned version;
/// a missing one ends the process at its first use, and a test holds them.
/// </summary>
internal static class ElectionControl
{
    /// <summary>Forgets when a leader was last heard of: the next candidate is judged by its log and term alone.</summary>
    public static void ForgetLeader(RaftCluster<PeerMember> node) => Timestamp.VolatileWrite(ref LastHeard(node), default);

    /// <summary>
    /// Lets a follower stand for election now: it becomes a new follower whose first timeout is a millisecond. One call at
    /// a time, and not on a leader, which would step down.
    /// </summary>
    /// <param name="node">The node.</param>
    /// <param name="usual">The timeout that it goes on with.</param>
    /// <param name="token">Gives up before anything is done.</param>
    public static async Task StandAsync(RaftCluster<PeerMember> node, TimeSpan usual, CancellationToken token)
    {
        if (!await node.EnableStandbyModeAsync(token).ConfigureAwait(false))
        {
            return;
        }

        Timeout(node) = 1;
        try
        {
            // Not cancelled: a node left in stand-by would never stand again.
            await node.RevertToNormalModeAsync(CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            Timeout(node) = (int)usual.TotalMilliseconds;
        }
    }

    /// <summary>How long the library waits for a sign of life before it lets this node stand by itself.</summary>
    public static TimeSpan TimeoutOf(RaftCluster<PeerMember> node) => TimeSpan.FromMilliseconds(Timeout(node));

    /// <summary>Whether the library would hold a candidate back for having heard of a leader.</summary>
    public static bool HasHeard(RaftCluster<PeerMember> node) => LastHeard(node).Elapsed < node.ElectionTimeout;

    private static ref Timestamp LastHeard(RaftCluster<PeerMember> node) => ref Private<PeerMember>.LastUpdated(node);

    private static ref int Timeout(RaftCluster<PeerMember> node) => ref Private<PeerMember>.ElectionTimeout(node);

    private static class Private<TMember>
        where TMember : class, IRaftClusterMember, IDisposable
    {
        [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "lastUpdated")]
        public static extern ref Timestamp LastUpdated(RaftCluster<TMember> node);

        [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "electionTimeout")]
        public static extern ref int ElectionTimeout(RaftCluster<TMember> node);
    }
}
