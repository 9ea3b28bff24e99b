using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus;

namespace RaftCluster.Node.Membership;

/// <summary>
/// A node that was started at other addresses than the members know says so, until they do. It asks the others' APIs, for
/// whoever leads can't reach it; and its own, for it may lead.
/// </summary>
internal sealed partial class AddressAnnouncer : IAsyncDisposable
{
    private static readonly TimeSpan _firstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    private AddressAnnouncer(NodeOptions options, IConsensus consensus, TimeProvider time, ILogger log) =>
        _running = RunAsync(options, consensus, time, log);

    /// <summary>Begins, when there is something to say.</summary>
    public static AddressAnnouncer Start(NodeOptions options, IConsensus consensus, TimeProvider time, ILogger log) =>
        new(options, consensus, time, log);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync(NodeOptions options, IConsensus consensus, TimeProvider time, ILogger log)
    {
        using var client = new MembersClient();
        try
        {
            string? told = null;
            for (var pause = _firstPause; Differs(options, consensus); pause = pause * 2 < _longestPause ? pause * 2 : _longestPause)
            {
                var known = consensus.Status.Members.Select(member => member.Member).Where(member => member.Id != options.Node);
                foreach (var at in known.Select(member => member.Url).Append(options.Http))
                {
                    var reply = await client.MoveAsync(at, options, _stopping.Token);
                    if (reply is MembersReply.Done)
                    {
                        LogMoved(log, options.Node, Addresses.Show(options.Http), options.Peer.ToString());
                        return;
                    }

                    var why = reply is MembersReply.Refused no ? no.Why : ((MembersReply.NotNow)reply).Why;
                    if (why != told)
                    {
                        told = why;
                        LogNotYet(log, options.Node, why);
                    }
                }

                await Task.Delay(pause, time, _stopping.Token);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The node stops; the next start says it again.
        }
    }

    private static bool Differs(NodeOptions options, IConsensus consensus) =>
        consensus.Status.Members.Select(member => member.Member).FirstOrDefault(member => member.Id == options.Node) is { } known
        && known != options.Self;

    [LoggerMessage(12, LogLevel.Information, "the members know node {Node} at {Url} and {Peer} now")]
    private static partial void LogMoved(ILogger log, string node, string url, string peer);

    [LoggerMessage(13, LogLevel.Warning, "node {Node} could not tell its new addresses yet, and goes on trying: {Reason}")]
    private static partial void LogNotYet(ILogger log, string node, string reason);
}
