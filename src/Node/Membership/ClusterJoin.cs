using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus.Snapshots;

namespace RaftCluster.Node.Membership;

/// <summary>A new node's way into a cluster: it asks any member, is told who the members are, and notes that before it serves.</summary>
internal static partial class ClusterJoin
{
    private static readonly TimeSpan _firstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _checkPatience = TimeSpan.FromSeconds(2);

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

    /// <summary>
    /// Sees that a folder which has a member's data already is not another cluster's than the one it is to join. A node that
    /// can't be asked now is no reason not to start: the folder knows the way to its own cluster.
    /// </summary>
    /// <returns>Why it must not be used; null when it may.</returns>
    public static async Task<StartFault?> CheckAsync(NodeOptions options, DataFolder folder)
    {
        using var client = new MembersClient();
        using var patience = new CancellationTokenSource(_checkPatience);
        try
        {
            return await client.ListAsync(options.Join!, patience.Token) is MembersReply.Done { Members: var members }
                && members.ClusterId != folder.Identity.ClusterId
                ? new StartFault(
                    ExitCode.DataFolder,
                    $"data folder {folder.Path} belongs to cluster {folder.Identity.ClusterId}, and the one to join is {members.ClusterId}")
                : null;
        }
        catch (OperationCanceledException)
        {
            return null;
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
