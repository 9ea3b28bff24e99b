namespace RaftCluster.StateMachine.Transactions;

/// <summary>A row that a transaction changed.</summary>
/// <param name="id">Which.</param>
/// <param name="before">Where it stood before.</param>
internal sealed class OverlayRow(RowId id, in Held before)
{
    public static IComparer<OverlayRow> Order { get; } =
        Comparer<OverlayRow>.Create(static (left, right) => RowId.Order.Compare(left.Id, right.Id));

    public RowId Id { get; } = id;

    public Held Before { get; } = before;

    /// <summary>Where it stands now; nowhere when it was removed.</summary>
    public Held Held { get; set; } = before;

    public string? ContentType { get; set; }

    public ReadOnlyMemory<byte> Value { get; set; }

    /// <summary>Whether anything is left of what was done to it: a row made and removed again never was.</summary>
    public bool IsChanged => Before.Exists || Held.Exists;

    public Row? ToRow(bool withValue = true) => !Held.Exists ? null : new Row(
        Id.Key, withValue ? Value : default, ContentType, Held.Revision, Held.Created, Held.Version, Held.Lease);
}
