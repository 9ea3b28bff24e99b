using DotNext.Net.Cluster.Consensus.Raft;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Transport;

namespace RaftCluster.Tests.Node.Consensus.StockDefects.Scripted;

/// <summary>Another node, as a test wants it: it votes for whoever asks, and takes entries as told.</summary>
internal sealed class ScriptedPeer : IPeerLink
{
    private readonly Lock _gate = new();
    private readonly List<LogEntry> _entries = [];
    private readonly List<long> _orders = [];

    public int StateVersion => RaftCluster.StateMachine.EntryCodec.Format;

    /// <summary>Answers a request for entries; <see cref="Take"/> unless a test says otherwise.</summary>
    public Func<AppendRequest, Task<AppendReply>>? OnAppend { get; set; }

    /// <summary>Whether it votes for whoever asks.</summary>
    public bool Votes { get; set; } = true;

    /// <summary>How much of the leader's log it has.</summary>
    public long LastIndex
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>The terms whose leaders told it to take over.</summary>
    public IReadOnlyList<long> Orders
    {
        get
        {
            lock (_gate)
            {
                return [.. _orders];
            }
        }
    }

    /// <summary>What it does then.</summary>
    public Func<Task> OnTakeOver { get; set; } = () => Task.CompletedTask;

    /// <summary>Takes entries as a good follower does.</summary>
    public AppendReply Take(AppendRequest request)
    {
        lock (_gate)
        {
            if (request.PreviousIndex > _entries.Count
                || (request.PreviousIndex > 0 && _entries[(int)request.PreviousIndex - 1].Term != request.PreviousTerm))
            {
                return Reply(request, HeartbeatResult.Rejected);
            }

            foreach (var entry in request.Entries)
            {
                _entries.RemoveRange((int)entry.Index - 1, _entries.Count - (int)entry.Index + 1);
                _entries.Add(entry);
            }

            return Reply(request, HeartbeatResult.Replicated);
        }
    }

    /// <summary>An answer with what it has.</summary>
    public AppendReply Reply(AppendRequest request, HeartbeatResult result, long? term = null) =>
        new(term ?? request.Term, LastIndex, (byte)result);

    public async ValueTask<AppendReply> AppendAsync(AppendRequest request, CancellationToken token) =>
        OnAppend is { } script ? await script(request).WaitAsync(token) : Take(request);

    public ValueTask<VoteReply> VoteAsync(VoteRequest request, CancellationToken token) =>
        ValueTask.FromResult(new VoteReply(
            request.Term,
            (byte)(Votes || request.Kind == VoteKind.Before ? PreVoteResult.Accepted : PreVoteResult.RejectedByFollower)));

    /// <summary>Completes when its connections were made ready.</summary>
    public TaskCompletionSource Prepared { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ValueTask PrepareAsync(CancellationToken token)
    {
        Prepared.TrySetResult();
        return ValueTask.CompletedTask;
    }

    public ValueTask<LeaderProof?> ConfirmAsync(CancellationToken token) => ValueTask.FromResult<LeaderProof?>(null);

    public ValueTask<SnapshotReply> SendSnapshotAsync(ReadOnlyMemory<byte> frame, TimeSpan limit, CancellationToken token) =>
        throw new NotSupportedException("nothing is cut from a scripted leader's log");

    public async ValueTask<string?> TakeOverAsync(long term, CancellationToken token)
    {
        lock (_gate)
        {
            _orders.Add(term);
        }

        await OnTakeOver();
        return null;
    }

    public void Dispose()
    {
    }
}
