using System.Reflection;
using DotNext.Diagnostics;

namespace RaftCluster.Node.Consensus.Raft;

/// <summary>
/// What a planned hand-over needs and the library has no call for: to forget having heard of a leader a moment ago, so
/// that a vote is given at once, and to stand for election before the timeout. It reaches two private fields of the
/// pinned version; a missing one ends the process at its first use, and a test holds them.
/// </summary>
internal static class ElectionControl
{
    private static readonly FieldInfo LastHeard = Field("lastUpdated");
    private static readonly FieldInfo Timeout = Field("electionTimeout");

    /// <summary>Forgets when a leader was last heard of: the next candidate is judged by its log and term alone.</summary>
    public static void ForgetLeader(RaftNode node) => LastHeard.SetValue(node, default(Timestamp));

    /// <summary>Lets a follower stand for election now: it becomes a new follower whose first timeout is a millisecond.</summary>
    public static async Task StandAsync(RaftNode node, CancellationToken token)
    {
        ForgetLeader(node);
        if (!await node.EnableStandbyModeAsync(token).ConfigureAwait(false))
        {
            return;
        }

        var usual = Timeout.GetValue(node);
        Timeout.SetValue(node, 1);
        try
        {
            // Not cancelled: a node left in stand-by would never stand again.
            await node.RevertToNormalModeAsync(CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            Timeout.SetValue(node, usual);
        }
    }

    private static FieldInfo Field(string name)
    {
        var cluster = typeof(DotNext.Net.Cluster.Consensus.Raft.RaftCluster<PeerMember>);
        return cluster.GetField(name, BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            ?? throw new MissingFieldException(cluster.Name, name);
    }
}
