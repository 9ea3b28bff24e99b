using RaftCluster.Node.Consensus;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Leases;

/// <summary>
/// The requests for locks that are open on this node, by lock and owner. When the last of an owner ends without an
/// answer, as it does when its connection breaks, the owner may ask again within a moment and finds its place; after
/// that its place is given up, so that nobody waits for somebody who has gone.
/// </summary>
/// <param name="consensus">The port to agreement.</param>
/// <param name="time">The clock.</param>
public sealed class LockVisits(IConsensus consensus, TimeProvider time)
{
    /// <summary>How long a place is kept for a request that is sent again.</summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Lock, string Owner), Open> _open = [];

    /// <summary>A request has come. Dispose the result when it ends.</summary>
    public Visit Enter(string name, string owner)
    {
        lock (_gate)
        {
            if (!_open.TryGetValue((name, owner), out var open))
            {
                _open.Add((name, owner), open = new Open());
            }

            open.Count++;
            return new Visit(this, name, owner, open);
        }
    }

    private void Leave(Visit visit, Open open, bool isAnswered, bool isAbandoned)
    {
        lock (_gate)
        {
            open.Count--;
            open.IsAnswered |= isAnswered;
            open.IsAbandoned |= isAbandoned;
            if (open.Count > 0)
            {
                return;
            }

            if (open.IsAnswered || !open.IsAbandoned)
            {
                _open.Remove((visit.Lock, visit.Owner));
                return;
            }
        }

        _ = GiveUpAsync(visit, open);
    }

    private async Task GiveUpAsync(Visit visit, Open open)
    {
        await Task.Delay(Grace, time).ConfigureAwait(false);
        lock (_gate)
        {
            if (open.Count > 0 || !_open.TryGetValue((visit.Lock, visit.Owner), out var now) || now != open)
            {
                return;
            }

            _open.Remove((visit.Lock, visit.Owner));
        }

        // Nobody was told of a holding that began meanwhile, so nobody relies on it. What can't be proposed here and now
        // ends with its lease.
        if (await ProposeAsync(new Operation.LeaveQueue(visit.Lock, visit.Owner)).ConfigureAwait(false)
            is OperationResult.LockHeld { Fence: var fence })
        {
            await ProposeAsync(new Operation.ReleaseLock(visit.Lock, visit.Owner, fence, Force: false, DropGuard: false))
                .ConfigureAwait(false);
        }
    }

    private async ValueTask<OperationResult?> ProposeAsync(Operation operation)
    {
        using var patience = new CancellationTokenSource(_patience, time);
        var proposal = await consensus.ProposeAsync(
            EntryCodec.EncodeTransaction(Transaction.Of(operation)), Durability.Quorum, patience.Token).ConfigureAwait(false);
        return proposal is Proposal.Done { Outcome: Outcome.Transacted { Results: [var result] } } ? result : null;
    }

    /// <summary>One request.</summary>
    public sealed class Visit : IDisposable
    {
        private readonly LockVisits _visits;
        private readonly Open _of;
        private bool _isAnswered;
        private bool _isAbandoned;

        internal Visit(LockVisits visits, string name, string owner, Open open) =>
            (_visits, Lock, Owner, _of) = (visits, name, owner, open);

        internal string Lock { get; }

        internal string Owner { get; }

        /// <summary>The owner knows what it has: nothing is given up for it.</summary>
        public void Answered() => _isAnswered = true;

        /// <summary>The client has left.</summary>
        public void Abandoned() => _isAbandoned = true;

        /// <inheritdoc/>
        public void Dispose() => _visits.Leave(this, _of, _isAnswered, _isAbandoned);
    }

    internal sealed class Open
    {
        public int Count { get; set; }

        public bool IsAnswered { get; set; }

        public bool IsAbandoned { get; set; }
    }
}
