using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RaftCluster.Client;

/// <summary>A row: of the table <c>kv</c>, or of a table of JSON rows.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Value">Its bytes, of a table's row its JSON object; empty when only keys were asked for.</param>
/// <param name="ContentType">The media type it was stored with, if any.</param>
/// <param name="Revision">The revision of its last change: its ETag.</param>
/// <param name="Version">How often it was written since it was made: 1 for a new row.</param>
/// <param name="Created">The revision in which it was made; null from <c>GetAsync</c>, whose answer does not carry it.</param>
public sealed record Row(
    string Key,
    ReadOnlyMemory<byte> Value,
    string? ContentType,
    long Revision,
    long Version,
    long? Created)
{
    /// <summary>The lease it goes away with; null when there is none, or from <c>GetAsync</c>, whose answer does not carry it.</summary>
    public long? Lease { get; init; }

    /// <summary>The value as text.</summary>
    public string Text => System.Text.Encoding.UTF8.GetString(Value.Span);

    /// <summary>The value, read as JSON without reflection.</summary>
    /// <param name="type">How it is read, from a <see cref="System.Text.Json.Serialization.JsonSerializerContext"/>.</param>
    /// <exception cref="JsonException">It is no such JSON.</exception>
    public T As<T>(JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(Value.Span, type) ?? throw new JsonException($"The row '{Key}' is JSON null.");

    internal Row<T> Typed<T>(JsonTypeInfo<T> type) => new(Key, As(type), Revision, Version, Created) { Lease = Lease };
}

/// <summary>A row whose value was read as <typeparamref name="T"/>.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Value">Its value.</param>
/// <param name="Revision">The revision of its last change: its ETag.</param>
/// <param name="Version">How often it was written since it was made: 1 for a new row.</param>
/// <param name="Created">The revision in which it was made; null from <c>GetAsync</c>, whose answer does not carry it.</param>
public sealed record Row<T>(string Key, T Value, long Revision, long Version, long? Created)
{
    /// <summary>The lease it goes away with; null when there is none, or from <c>GetAsync</c>, whose answer does not carry it.</summary>
    public long? Lease { get; init; }
}

/// <summary>Who answered, and from which position in history.</summary>
/// <param name="Node">The id of the answering node.</param>
/// <param name="Leader">The leader it named: an id or an address.</param>
/// <param name="Revision">The revision the answer stands on.</param>
/// <param name="Term">The node's term.</param>
/// <param name="Staleness">At most how far behind the leader the answer is; null when the node did not say.</param>
public sealed record Source(string? Node, string? Leader, long? Revision, long? Term, TimeSpan? Staleness);

/// <summary>The answer to a read of one row.</summary>
/// <param name="Row">The row, or null when there is none.</param>
/// <param name="Source">Who answered.</param>
public sealed record GetResult(Row? Row, Source Source);

/// <summary>The answer to a typed read of one row.</summary>
/// <param name="Row">The row, or null when there is none.</param>
/// <param name="Source">Who answered.</param>
public sealed record GetResult<T>(Row<T>? Row, Source Source);
