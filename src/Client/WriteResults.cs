namespace RaftCluster.Client;

/// <summary>What a put did. A precondition that does not hold is a result; see <see cref="OutcomeUnknownException"/> for the third answer.</summary>
public abstract record PutResult
{
    private PutResult()
    {
    }

    /// <summary>Whether this is the kept answer of an earlier attempt with the same idempotency key.</summary>
    public bool Replayed { get; init; }

    /// <summary>The row was written.</summary>
    /// <param name="Revision">The revision of the write.</param>
    /// <param name="Version">How often the row was written since it was made.</param>
    /// <param name="Created">Whether the row is new.</param>
    public sealed record Written(long Revision, long Version, bool Created) : PutResult;

    /// <summary>The leader has it on disk and will replicate it (<see cref="Durability.Leader"/>): it may still be lost.</summary>
    public sealed record Accepted : PutResult;

    /// <summary>The precondition does not hold: nothing changed.</summary>
    /// <param name="CurrentRevision">The revision of the row's last change; null when there is no row.</param>
    public sealed record Refused(long? CurrentRevision) : PutResult;

    /// <summary>There is no such row to patch: nothing changed.</summary>
    public sealed record NotFound : PutResult;
}

/// <summary>What an insert did.</summary>
/// <param name="Key">The key that was made for the row.</param>
/// <param name="Revision">The revision of the write.</param>
/// <param name="Version">How often the row was written: 1.</param>
public sealed record InsertResult(string Key, long Revision, long Version)
{
    /// <summary>Whether this is the kept answer of an earlier attempt with the same idempotency key.</summary>
    public bool Replayed { get; init; }
}

/// <summary>What a delete did.</summary>
public abstract record DeleteResult
{
    private DeleteResult()
    {
    }

    /// <summary>Whether this is the kept answer of an earlier attempt with the same idempotency key.</summary>
    public bool Replayed { get; init; }

    /// <summary>The row, or the rows of a prefix, were removed.</summary>
    /// <param name="Revision">The revision of the delete.</param>
    /// <param name="Count">How many rows.</param>
    public sealed record Deleted(long Revision, long Count) : DeleteResult;

    /// <summary>The leader has it on disk and will replicate it (<see cref="Durability.Leader"/>): it may still be lost.</summary>
    public sealed record Accepted : DeleteResult;

    /// <summary>There was no such row: nothing changed.</summary>
    public sealed record NotFound : DeleteResult;

    /// <summary>The precondition does not hold: nothing changed.</summary>
    /// <param name="CurrentRevision">The revision of the row's last change; null when there is no row.</param>
    public sealed record Refused(long? CurrentRevision) : DeleteResult;
}
