using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus.Snapshots;

namespace RaftCluster.Node.Membership;

/// <summary>A new node's way into a cluster: it asks any member, is told who the members are, and notes that before it serves.</summary>
internal static partial class ClusterJoin
{
    private static readonly TimeSpan _firstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(5);

    /// <summary>Joins, however long that takes; the folder is the node's own then.</summary>
    /// <param name="options">The node's options.</param>
    /// <param name="folder">Its folder, which is nobody's yet.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where it logs.</param>
    /// <param name="stop">Ends it.</param>
    /// <returns>Why it can't; null when it has.</returns>
    /// <exception cref="OperationCanceledException">The node was told to stop first.</exception>
    public static async Task<StartFault?> RunAsync(
        NodeOptions options, DataFolder folder, TimeProvider time, ILogger log, CancellationToken stop)
    {
        using var client = new MembersClient();
        string? told = null;
        for (var pause = _firstPause; ; pause = pause * 2 < _longestPause ? pause * 2 : _longestPause)
        {
            switch (await client.JoinAsync(options.Join!, options, stop))
            {
                case MembersReply.Done { Members: var members }:
                    return Settle(options, folder, members);
                case MembersReply.Refused no:
                    return new StartFault(ExitCode.JoinRefused, $"{options.Node} can't join: {no.Why}");
                case MembersReply.NotNow { Why: var why } when why != told:
                    told = why;
                    LogNotNow(log, options.Node, why);
                    break;
            }

            await Task.Delay(pause, time, stop);
        }
    }

    private static StartFault? Settle(NodeOptions options, DataFolder folder, MembersBody members)
    {
        var identity = NodeIdentity.Of(options with
        {
            Cluster = members.Cluster,
            ClusterId = members.Id!.Value,
            Members = [.. members.ToConfiguration().Configuration.Members.Select(member => member.Member)],
        }) with
        { Epoch = members.Epoch };
        if (options.Stated.Cluster && options.Cluster != members.Cluster)
        {
            return new StartFault(ExitCode.JoinRefused, $"{options.Node} can't join: the cluster is '{members.Cluster}', not '{options.Cluster}'");
        }

        // The identity last: with it the folder counts as this node's, and the members must be known by then.
        NodeStorage.Join(folder.Path, members.ToConfiguration());
        return folder.Claim(identity, options.Stated);
    }

    [LoggerMessage(11, LogLevel.Warning, "node {Node} could not join yet, and goes on trying: {Reason}")]
    private static partial void LogNotNow(ILogger log, string node, string reason);
}
