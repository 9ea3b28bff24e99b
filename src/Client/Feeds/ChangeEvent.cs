using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RaftCluster.Client;

/// <summary>What was done to a row.</summary>
public enum ChangeKind
{
    /// <summary>It is new.</summary>
    Insert,

    /// <summary>It was written again.</summary>
    Update,

    /// <summary>It was removed.</summary>
    Delete,

    /// <summary>Nothing: it is there, as the feed begins.</summary>
    Snapshot,
}

/// <summary>What one transaction did, whole, but for what the query leaves out; or some of the rows that a feed begins with.</summary>
/// <param name="Revision">The transaction's revision; of rows, the one that all of them are of.</param>
/// <param name="Term">The term of its log entry.</param>
/// <param name="Index">The index of its log entry.</param>
/// <param name="At">When a leader took it up.</param>
/// <param name="Changes">What it did to each row.</param>
public sealed record ChangeEvent(long Revision, long Term, long Index, DateTimeOffset At, ImmutableArray<Change> Changes)
{
    /// <summary>Whether it holds rows as the feed begins, which no transaction wrote together.</summary>
    public bool IsSnapshot => Changes is [{ Kind: ChangeKind.Snapshot }, ..];

    /// <summary>
    /// Whether the rows begin here. They begin anew, at a later revision, when the feed was cut off before it had sent all of
    /// them: what was read of them before is then to be forgotten.
    /// </summary>
    public bool BeginsSnapshot { get; init; }

    /// <summary>The event as the node wrote it: a JSON object on one line.</summary>
    public ReadOnlyMemory<byte> Json { get; init; }
}

/// <summary>What was done to one row.</summary>
/// <param name="Kind">What.</param>
/// <param name="Table">The row's table.</param>
/// <param name="Key">The row's key.</param>
/// <param name="Before">What it was before; null for a new row.</param>
/// <param name="After">What it is from then on; null for a removed row.</param>
public sealed record Change(ChangeKind Kind, string Table, string Key, RowValue? Before, RowValue? After)
{
    /// <summary>The lease that the row is on, or was on when it was removed; null for none.</summary>
    public long? Lease { get; init; }

    /// <summary>With <see cref="ChangeKind.Snapshot"/>: the revision of the row's last change, which is its ETag.</summary>
    public long? RowRevision { get; init; }
}

/// <summary>One version of a row.</summary>
/// <param name="Value">Its bytes; of a table's row its JSON object.</param>
/// <param name="ContentType">The media type it was stored with, if any.</param>
public sealed record RowValue(ReadOnlyMemory<byte> Value, string? ContentType)
{
    /// <summary>The value as text.</summary>
    public string Text => System.Text.Encoding.UTF8.GetString(Value.Span);

    /// <summary>The value, read as JSON without reflection.</summary>
    /// <param name="type">How it is read, from a <see cref="System.Text.Json.Serialization.JsonSerializerContext"/>.</param>
    /// <exception cref="JsonException">It is no such JSON.</exception>
    public T As<T>(JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(Value.Span, type) ?? throw new JsonException("The value is JSON null.");
}
