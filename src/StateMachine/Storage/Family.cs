namespace RaftCluster.StateMachine.Storage;

/// <summary>The column families of a store.</summary>
internal enum Family
{
    /// <summary>The current version of each row.</summary>
    Rows,

    /// <summary>Superseded versions and tombstones.</summary>
    History,

    /// <summary>What each revision changed.</summary>
    Changes,

    /// <summary>Format, applied position, compaction floor.</summary>
    Meta,

    /// <summary>Which rows are listed with which lease.</summary>
    LeaseRows,

    /// <summary>Outcomes kept under idempotency keys.</summary>
    Keys,
}
