using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Consensus.Transport;

namespace RaftCluster.Node.Consensus.Elections;

/// <summary>
/// Finds out that a leader's process has ended before the election timeout says so: the system closes a dead process's
/// connections, and refuses new ones at its address. Only that refusal counts; a connection can break for many reasons,
/// and an address that doesn't answer may have a leader behind it.
/// </summary>
internal sealed partial class DeathWatch(
    LeaderContact contact, PeerTable peers, ConsensusOptions options, Action found, TimeProvider time, ILogger logger)
    : IDisposable
{
    /// <summary>A process that is being taken apart still accepts connections for a moment.</summary>
    private static readonly TimeSpan _between = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan _longestTry = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource _stopping = new();

    /// <summary>A node's connection for entries has ended.</summary>
    public void Look(string other)
    {
        if (contact.Last == other && peers.Find(other) is { Link: { } link } peer)
        {
            _ = LookAsync(peer.Member, link);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stopping.Cancel();

    private async Task LookAsync(Member leader, IPeerLink link)
    {
        try
        {
            // Later than that the silence speaks for itself.
            using var limit = new CancellationTokenSource(options.ElectionTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stopping.Token);
            while (await IsUnsureAsync(leader, link, either.Token).ConfigureAwait(false))
            {
                await Task.Delay(_between, time, either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Nobody knows.
        }
    }

    private async Task<bool> IsUnsureAsync(Member leader, IPeerLink link, CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(_longestTry);
        try
        {
            // One that answers and proves nothing may be on its way out, or have been started again.
            return await link.ConfirmAsync(limit.Token).ConfigureAwait(false) is null && contact.Last == leader.Id;
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            // A connection that was accepted at the last moment may hang.
            return contact.Last == leader.Id;
        }
        catch (PeerUnavailableException lost)
        {
            if (!lost.IsRefused || contact.Last != leader.Id)
            {
                return contact.Last == leader.Id;
            }

            Log.Gone(logger, leader.Id, leader.Peer.ToString());
            contact.Lose(leader.Id);
            found();
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1252, LogLevel.Information, "the leader, {Leader}, has ended: {Address} refuses connections")]
        public static partial void Gone(ILogger logger, string leader, string address);
    }
}
