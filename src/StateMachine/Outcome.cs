using System.Collections.Immutable;

namespace RaftCluster.StateMachine;

/// <summary>What a transaction did. Refusals are results; exceptions are for broken code.</summary>
/// <param name="Revision">The store's revision after the transaction: its own when it changed something.</param>
public abstract record Outcome(long Revision)
{
    /// <summary>A row was written.</summary>
    /// <param name="Revision">The revision of this transaction.</param>
    /// <param name="Version">How often the row was written since it was made: 1 for a new row.</param>
    public sealed record Written(long Revision, long Version) : Outcome(Revision);

    /// <summary>Rows were removed: one for a delete, any number (0 too) for a range.</summary>
    /// <param name="Revision">The revision of this transaction, or the store's when nothing was there.</param>
    /// <param name="Count">How many.</param>
    public sealed record Deleted(long Revision, long Count) : Outcome(Revision);

    /// <summary>A delete without a precondition found no row: nothing changed.</summary>
    /// <param name="Revision">The store's revision.</param>
    public sealed record Absent(long Revision) : Outcome(Revision);

    /// <summary>The precondition does not hold: nothing changed.</summary>
    /// <param name="Revision">The store's revision.</param>
    /// <param name="RowRevision">The revision of the row's last change; 0 when there is no row.</param>
    public sealed record Refused(long Revision, long RowRevision) : Outcome(Revision);

    /// <summary>A transaction of several operations took one of its branches.</summary>
    /// <param name="Revision">The revision of this transaction, or the store's when nothing changed.</param>
    /// <param name="Succeeded">Whether the conditions were true.</param>
    /// <param name="Results">What each operation of the branch did, in their order.</param>
    public sealed record Transacted(long Revision, bool Succeeded, ImmutableArray<OperationResult> Results) : Outcome(Revision);

    /// <summary>A transaction could not be done: nothing changed.</summary>
    /// <param name="Revision">The store's revision.</param>
    /// <param name="Kind">Why.</param>
    /// <param name="Operation">Which operation of the branch taken failed, from 0; -1 when it was none of them.</param>
    /// <param name="Detail">What exactly, for people.</param>
    /// <param name="InElse">Whether the branch taken was that of conditions which are not true.</param>
    public sealed record Failed(long Revision, FailureKind Kind, int Operation, string Detail, bool InElse = false)
        : Outcome(Revision);

    /// <summary>The writer does not hold a lock that it named, or that guards what it wrote: nothing changed.</summary>
    /// <param name="Revision">The store's revision.</param>
    /// <param name="Lock">The lock's name.</param>
    /// <param name="Fence">The fence of the present holder; 0 when there is none.</param>
    public sealed record Fenced(long Revision, string Lock, long Fence) : Outcome(Revision);

    /// <summary>The request was done before under the same idempotency key: nothing changed.</summary>
    /// <param name="Revision">The store's revision.</param>
    /// <param name="First">What came of it then.</param>
    public sealed record Replayed(long Revision, Outcome First) : Outcome(Revision);

    /// <summary>Another request was done before under the same idempotency key: nothing changed.</summary>
    /// <param name="Revision">The store's revision.</param>
    public sealed record KeyReused(long Revision) : Outcome(Revision);
}
