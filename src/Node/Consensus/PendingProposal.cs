using RaftCluster.StateMachine;

namespace RaftCluster.Node.Consensus;

/// <summary>One proposal and who waits for it. It is answered once: whoever comes first decides.</summary>
internal sealed class PendingProposal(ReadOnlyMemory<byte> transaction, Durability durability)
    : TaskCompletionSource<Proposal>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    private Batch? _batch;

    public ReadOnlyMemory<byte> Transaction => transaction;

    public Durability Durability => durability;

    /// <summary>The batch it travels in; null while it waits.</summary>
    public Batch? Batch
    {
        get => Volatile.Read(ref _batch);
        set => Volatile.Write(ref _batch, value);
    }
}

/// <summary>The proposals that share a log entry, and the one name by which they are answered.</summary>
internal sealed class Batch(RequestId id, PendingProposal[] proposals)
{
    private int _slotHeld = 1;
    private int _waiting = proposals.Length;

    public RequestId Id => id;

    public PendingProposal[] Proposals => proposals;

    /// <summary>When its entry was made.</summary>
    public long ProposedAt { get; set; }

    /// <summary>When the application of its entry began; 0 when it is not known to have.</summary>
    public long AppliedFrom { get; set; }

    /// <summary>When that ended; 0 when nobody wanted to know.</summary>
    public long AppliedBy { get; set; }

    /// <summary>Gives back the batch's slot: true for the first call only.</summary>
    public bool ReleaseSlot() => Interlocked.Exchange(ref _slotHeld, 0) == 1;

    /// <summary>One proposal is waited for no longer: true when it was the last.</summary>
    public bool Abandon() => Interlocked.Decrement(ref _waiting) == 0;
}
