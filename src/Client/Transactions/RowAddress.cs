using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace RaftCluster.Client;

/// <summary>One row of one table, as a <see cref="Transaction"/> names it: what may be asked of it, and done to it.</summary>
public readonly record struct RowAddress
{
    private RowAddress(string table, string key) => (Table, Key) = (table, key);

    /// <summary>The table.</summary>
    public string Table { get; }

    /// <summary>The row's key.</summary>
    public string Key { get; }

    /// <summary>A row of a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="key">The row's key.</param>
    public static RowAddress In(string table, string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(table);
        // Encoding it is how a key is judged.
        _ = KeyPath.Encode(key);
        return new RowAddress(table, key);
    }

    /// <summary>A row of the built-in table <c>kv</c>.</summary>
    /// <param name="key">The row's key.</param>
    public static RowAddress Kv(string key) => In("kv", key);

    /// <summary>The row is there.</summary>
    public Condition Exists() => new(this, "exists", Comparison.Equal, static writer => writer.WriteBooleanValue(true));

    /// <summary>The row is not there.</summary>
    public Condition Absent() => new(this, "exists", Comparison.Equal, static writer => writer.WriteBooleanValue(false));

    /// <summary>The row's last change is this one; 0: there is no row.</summary>
    /// <param name="revision">The revision.</param>
    public Condition AtRevision(long revision) => Revision(Comparison.Equal, revision);

    /// <summary>Compares the revision of the row's last change; 0 for a row that is not there.</summary>
    /// <param name="comparison">How.</param>
    /// <param name="revision">With what.</param>
    public Condition Revision(Comparison comparison, long revision) => Number("revision", comparison, revision);

    /// <summary>Compares how often the row was written since it was made; 0 for a row that is not there.</summary>
    /// <param name="comparison">How.</param>
    /// <param name="version">With what.</param>
    public Condition Version(Comparison comparison, long version) => Number("version", comparison, version);

    /// <summary>Compares the revision in which the row was made; 0 for a row that is not there.</summary>
    /// <param name="comparison">How.</param>
    /// <param name="revision">With what.</param>
    public Condition Created(Comparison comparison, long revision) => Number("created", comparison, revision);

    /// <summary>Compares the value of a row of <c>kv</c>, byte by byte.</summary>
    /// <param name="comparison">How.</param>
    /// <param name="value">With what.</param>
    public Condition Value(Comparison comparison, ReadOnlyMemory<byte> value) =>
        new(this, "value64", comparison, writer => writer.WriteBase64StringValue(value.Span));

    /// <summary>Compares a column of a table's row, numbers by their exact value; a column that is not there is null.</summary>
    /// <param name="column">The column.</param>
    /// <param name="comparison">How.</param>
    /// <param name="value">With what: a text, a number, a truth value, null.</param>
    public Condition Column(string column, Comparison comparison, JsonNode? value)
    {
        ArgumentException.ThrowIfNullOrEmpty(column);
        var json = value is null ? "null" : value.ToJsonString();
        return new Condition(this, "value", comparison, writer => writer.WriteRawValue(json)) { ColumnName = column };
    }

    /// <summary>Writes a row of <c>kv</c>, or the JSON object that is a table's row.</summary>
    /// <param name="value">Its bytes.</param>
    /// <param name="options">Of these the content type, the time to live, and the lease count.</param>
    public Operation<WrittenRow> Put(ReadOnlyMemory<byte> value, WriteOptions? options = null) => Put(
        Table == "kv"
            ? writer => writer.WriteBase64String("value64", value.Span)
            : writer => Raw(writer, value),
        options);

    /// <summary>Writes a row of <c>kv</c> as text.</summary>
    /// <param name="text">Its value.</param>
    /// <param name="options">Of these the content type, the time to live, and the lease count.</param>
    public Operation<WrittenRow> PutText(string text, WriteOptions? options = null) =>
        Put(Encoding.UTF8.GetBytes(text), options);

    /// <summary>Writes a table's row.</summary>
    /// <param name="value">Its value.</param>
    /// <param name="type">How it is written.</param>
    /// <param name="options">Of these the time to live and the lease count.</param>
    public Operation<WrittenRow> PutJson<T>(T value, JsonTypeInfo<T> type, WriteOptions? options = null) =>
        Put(JsonSerializer.SerializeToUtf8Bytes(value, type), options);

    /// <summary>Reads the row, as the operations before this one leave it.</summary>
    public Operation<Row?> Get() => new("get", Write, static result =>
        result.TryGetProperty("row", out var row) && row.ValueKind is JsonValueKind.Object
            ? row.Deserialize(ClientJson.Default.RangeItem)!.ToRow()
            : null);

    /// <summary>Removes the row.</summary>
    /// <returns>Whether it was there.</returns>
    public Operation<bool> Delete() => new("delete", Write, static result =>
        result.TryGetProperty("deleted", out var deleted) && deleted.ValueKind is JsonValueKind.True);

    /// <summary>Changes some members of a row that is a JSON object (RFC 7396).</summary>
    /// <param name="patch">A JSON object.</param>
    /// <returns>Null when there is no such row.</returns>
    public Operation<WrittenRow?> Patch(ReadOnlyMemory<byte> patch)
    {
        var write = new Action<Utf8JsonWriter>(Write);
        return new("patch", writer =>
        {
            write(writer);
            Raw(writer, patch);
        }, static result => result.TryGetProperty("found", out var found) && found.ValueKind is JsonValueKind.False
            ? null
            : result.Deserialize(ClientJson.Default.WrittenRow));
    }

    /// <summary>Adds to a number: to a row of <c>kv</c> that holds one as text, or to a column. What is not there counts as 0.</summary>
    /// <param name="by">How much; negative to take away.</param>
    /// <param name="column">The column; null in <c>kv</c>.</param>
    public Operation<AddResult> Add(decimal by, string? column = null)
    {
        var write = new Action<Utf8JsonWriter>(Write);
        return new("add", writer =>
        {
            write(writer);
            writer.WriteNumber("by", by);
            if (column is not null)
            {
                writer.WriteString("column", column);
            }
        }, static result => new AddResult(
            result.GetProperty("value").ToString(), result.GetProperty("revision").GetInt64(), result.GetProperty("version").GetInt64()));
    }

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("table", Table);
        writer.WriteString("key", Key);
    }

    private Condition Number(string subject, Comparison comparison, long number) =>
        new(this, subject, comparison, writer => writer.WriteNumberValue(number));

    private Operation<WrittenRow> Put(Action<Utf8JsonWriter> value, WriteOptions? options)
    {
        var write = new Action<Utf8JsonWriter>(Write);
        return new("put", writer =>
        {
            write(writer);
            value(writer);
            if (options?.ContentType is { } type)
            {
                writer.WriteString("contentType", type);
            }

            if (options?.TimeToLive is { } time)
            {
                writer.WriteString("ttl", WireNames.Of(time));
            }

            if (options?.Lease is { } lease)
            {
                writer.WriteNumber("lease", lease);
            }
        }, static result => result.Deserialize(ClientJson.Default.WrittenRow)!);
    }

    private static void Raw(Utf8JsonWriter writer, ReadOnlyMemory<byte> json)
    {
        writer.WritePropertyName("value");
        writer.WriteRawValue(json.Span);
    }
}
