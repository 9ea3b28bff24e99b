namespace RaftCluster.StateMachine;

/// <summary>One change that a caller asks for. A transaction in the log is one command today.</summary>
/// <param name="Table">The table's name: 1 to 128 bytes of UTF-8; <c>kv</c> is built in.</param>
public abstract record Command(string Table)
{
    /// <summary>Writes a row, new or in place of the old one.</summary>
    /// <param name="Table">The table's name.</param>
    /// <param name="Key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="Value">The value, as it came.</param>
    /// <param name="ContentType">The value's media type, at most 255 bytes; null when none was given.</param>
    /// <param name="When">What must be true of the row.</param>
    public sealed record Put(
        string Table,
        ReadOnlyMemory<byte> Key,
        ReadOnlyMemory<byte> Value,
        string? ContentType,
        Precondition When) : Command(Table);

    /// <summary>Removes a row.</summary>
    /// <param name="Table">The table's name.</param>
    /// <param name="Key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="When">What must be true of the row.</param>
    public sealed record Delete(string Table, ReadOnlyMemory<byte> Key, Precondition When) : Command(Table);

    /// <summary>Removes every row of [<paramref name="Start"/>, <paramref name="End"/>), in one revision.</summary>
    /// <param name="Table">The table's name.</param>
    /// <param name="Start">The first key that is removed; empty for the first of the table.</param>
    /// <param name="End">The first key that is kept; empty for no bound.</param>
    public sealed record DeleteRange(string Table, ReadOnlyMemory<byte> Start, ReadOnlyMemory<byte> End) : Command(Table);
}
