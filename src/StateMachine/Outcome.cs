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
}
