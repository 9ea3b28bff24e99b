using System.Text;
using DotNext.Net.Cluster.Consensus.Raft;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;
using Microsoft.Extensions.Logging.Abstractions;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Consensus.Raft;
using RaftCluster.Tests.Node.Consensus.StockDefects.Scripted;
using LogEntry = RaftCluster.Node.Consensus.Log.LogEntry;

namespace RaftCluster.Tests.Node.Consensus.StockDefects;

/// <summary>
/// A follower of one leader, n2, that never stands for election. The library's handlers over a log: this project's, or
/// the library's own. What the two do under the same requests is what the tests compare.
/// </summary>
internal abstract class Follower : IAsyncDisposable
{
    private static readonly Member[] _members = Members.Of(2);

    private readonly List<(int Code, string Message)> _fatal;
    private readonly RaftNode _raft;

    /// <param name="log">Its log, term and vote.</param>
    /// <param name="fatal">Where it notes why the process was to end.</param>
    /// <param name="isLoyal">Whether it is loyal to a leader for the time of the test; otherwise it forgets it at once, and never stands.</param>
    protected Follower(IPersistentState log, List<(int Code, string Message)> fatal, bool isLoyal = true)
    {
        _fatal = fatal;
        var options = new ConsensusOptions
        {
            Self = _members[0],
            Members = [.. _members],
            ClusterId = 1,
            ElectionTimeout = isLoyal ? TimeSpan.FromHours(1) : TimeSpan.FromMilliseconds(1),
            HeartbeatInterval = TimeSpan.FromMilliseconds(1),
        };
        var peers = Members.Table(options, _ => null, () => log.Term);
        _raft = new RaftNode(options, peers, mayStand: isLoyal, (code, why) => fatal.Add((code, why)), NullLogger.Instance) { AuditTrail = log };
    }

    /// <summary>The code that the process ended itself with; null while it goes on.</summary>
    public int? Ended => _fatal.Count > 0 ? _fatal[0].Code : null;

    /// <summary>The last index of its log.</summary>
    public abstract long LastIndex { get; }

    /// <summary>A leader's entries.</summary>
    public static LogEntry[] Entries(long first, long term, params string[] says) =>
        [.. says.Select((text, at) => new LogEntry(first + at, term, LogEntryKind.Command, Encoding.ASCII.GetBytes(text)))];

    /// <summary>From now on nothing more reaches the disk.</summary>
    public abstract Task BreakDiskAsync();

    /// <summary>Lets one attempt to bring entries to the disk fail, in the course of one request; afterwards the disk is well.</summary>
    public abstract Task FailOneSyncAsync(Func<Task> request);

    /// <summary>Ends the process here and now, and starts it again on what is on its disk.</summary>
    public abstract Task<Follower> RestartAsync();

    /// <summary>What its entries say, from the first on.</summary>
    public abstract Task<string[]> ReadAsync();

    /// <summary>Takes a request of the leader.</summary>
    /// <returns>Whether it acknowledged it; null when it gave no answer.</returns>
    public async Task<bool?> TakeAsync(long term, long previousIndex, long previousTerm, LogEntry[] entries)
    {
        try
        {
            var answer = await _raft.OnAppendAsync(
                _members[1].Id, term, entries, previousIndex, previousTerm, committed: 0, CancellationToken.None);
            return answer.Value.Result is HeartbeatResult.Replicated or HeartbeatResult.ReplicatedWithLeaderTerm;
        }
        catch (Exception broken) when (broken is LogFailedException or WriteAheadLog.InternalException)
        {
            return null;
        }
    }

    /// <summary>A candidate asks for its vote.</summary>
    /// <returns>Whether it has it.</returns>
    public async Task<bool> VoteAsync(string candidate, long term, long lastIndex, long lastTerm) =>
        (await _raft.OnVoteAsync(candidate, term, lastIndex, lastTerm, CancellationToken.None)).Value;

    /// <summary>Begins to follow.</summary>
    protected async Task FollowAsync()
    {
        await _raft.AdoptAsync(ClusterConfiguration.Initial(_members), () => true);
        await _raft.StartAsync(TestContext.Current.CancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _raft.DisposeAsync();
        await CloseAsync();
    }

    protected abstract Task CloseAsync();
}
