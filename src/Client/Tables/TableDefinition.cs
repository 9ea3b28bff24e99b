using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RaftCluster.Client;

/// <summary>What the rows of a table are made of.</summary>
public sealed record TableDefinition
{
    /// <summary>Its name: a letter or <c>_</c>, then up to 127 letters, digits, and <c>_ . -</c>. Null on the way to the node, whose path names it.</summary>
    public string? Name { get; init; }

    /// <summary>Its columns; null for a table whose rows are any JSON objects.</summary>
    public ImmutableArray<Column>? Columns { get; init; }

    /// <summary>Who makes the keys of its rows; null for the node's default, <see cref="KeySource.Given"/>.</summary>
    public KeySource? Key { get; init; }

    /// <summary>How long the history of its rows is kept, as the node writes it; null for the cluster's own setting.</summary>
    public string? History { get; init; }

    /// <summary>The most rows it may hold; null for any number.</summary>
    public long? MaxRows { get; init; }

    /// <summary>The most bytes that the keys and values of its rows may take; null for any.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>How many rows it holds; null where the node does not say. Null on the way to the node.</summary>
    public long? Rows { get; init; }

    /// <summary>How many bytes their keys and values take; null where the node does not say. Null on the way to the node.</summary>
    public long? Bytes { get; init; }

    /// <summary>The revision of the definition's last change: its ETag. Null on the way to the node.</summary>
    public long? Revision { get; init; }
}

/// <summary>Where the keys of a table's rows come from.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<KeySource>))]
public enum KeySource
{
    /// <summary>The caller gives them; an insert without one gets a UUID.</summary>
    [JsonStringEnumMemberName("given")]
    Given,

    /// <summary>The revision of the insert, as 19 digits: keys sort in the order of the inserts.</summary>
    [JsonStringEnumMemberName("revision")]
    Revision,
}

/// <summary>What a column holds.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ColumnType>))]
public enum ColumnType
{
    /// <summary>A JSON string.</summary>
    [JsonStringEnumMemberName("string")]
    Text,

    /// <summary>A JSON number, with all its digits.</summary>
    [JsonStringEnumMemberName("number")]
    Number,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    [JsonStringEnumMemberName("boolean")]
    Boolean,

    /// <summary>A JSON object.</summary>
    [JsonStringEnumMemberName("object")]
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Naming", "CA1720", Justification = "JSON's own word.")]
    Object,

    /// <summary>A JSON array.</summary>
    [JsonStringEnumMemberName("array")]
    Array,

    /// <summary>Any JSON value.</summary>
    [JsonStringEnumMemberName("any")]
    Any,
}

/// <summary>A column of a table.</summary>
/// <param name="Name">Its name: a member of the rows' objects.</param>
/// <param name="Type">What it holds.</param>
public sealed record Column(string Name, ColumnType Type)
{
    /// <summary>Whether it may be null, or left out.</summary>
    public bool Nullable { get; init; }

    /// <summary>
    /// What a row gets that leaves it out: a constant, or <c>"now"</c> (the time, RFC 3339) or <c>"uuid"</c>, which the leader
    /// resolves before it is logged. Null for none.
    /// </summary>
    public JsonElement? Default { get; init; }

    /// <summary>With this default.</summary>
    /// <param name="json">It, as JSON: <c>0</c>, <c>"now"</c>.</param>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public Column WithDefault(string json)
    {
        using var parsed = JsonDocument.Parse(json);
        return this with { Default = parsed.RootElement.Clone() };
    }

    /// <summary>That may be null, or left out.</summary>
    public Column OrNull() => this with { Nullable = true };
}
