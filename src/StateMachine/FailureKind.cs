namespace RaftCluster.StateMachine;

/// <summary>Why a transaction failed.</summary>
public enum FailureKind : byte
{
    /// <summary>A table's definition is not the one that was required; the detail is the table's name.</summary>
    TableChanged = 1,

    /// <summary>What should be added to is no number.</summary>
    NotANumber = 2,

    /// <summary>What should be patched, or has the column, is no JSON object.</summary>
    NotAnObject = 3,

    /// <summary>The lease a row should be put on does not exist.</summary>
    LeaseAbsent = 4,

    /// <summary>The reads would answer with more than <see cref="Transaction.MaximumResultBytes"/>, or went through too many rows.</summary>
    ResultTooLarge = 5,

    /// <summary>A number, a patched value or another result is beyond its limit.</summary>
    OutOfRange = 6,

    /// <summary>The row that should be changed does not exist.</summary>
    RowAbsent = 7,

    /// <summary>The lease a row should be put on has <see cref="Leases.LeaseRecord.MaximumRows"/> already.</summary>
    LeaseFull = 8,

    /// <summary>A table would hold more than its definition allows.</summary>
    QuotaExceeded = 9,
}
