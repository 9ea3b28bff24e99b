using System.Text.Json;

namespace RaftCluster.Client;

/// <summary>Something a <see cref="Transaction"/> does. Those of one row are made by <see cref="RowAddress"/>, those of many here.</summary>
public abstract class Operation
{
    private readonly string _name;
    private readonly Action<Utf8JsonWriter> _write;

    private protected Operation(string name, Action<Utf8JsonWriter> write) => (_name, _write) = (name, write);

    /// <summary>Reads rows, as the operations before this one leave them; at most 1,000.</summary>
    /// <param name="table">Their table.</param>
    /// <param name="query">Which; without <see cref="RangeQuery.Where"/>.</param>
    public static Operation<RangeResult> Range(string table, RangeQuery query)
    {
        var write = Writing(table, query);
        return new("range", writer =>
        {
            write(writer);
            if (query.Limit is { } limit)
            {
                writer.WriteNumber("limit", limit);
            }

            if (query.KeysOnly)
            {
                writer.WriteBoolean("keys", true);
            }

            if (query.Descending)
            {
                writer.WriteString("order", "desc");
            }
        }, static result =>
        {
            var body = result.Deserialize(ClientJson.Default.RangeResultBody)!;
            var rows = Array.ConvertAll(body.Items ?? [], item => item.ToRow());
            return new RangeResult(rows, body.Count ?? rows.Length, body.More);
        });
    }

    /// <summary>Removes rows.</summary>
    /// <param name="table">Their table.</param>
    /// <param name="query">Which, by prefix or by start and end.</param>
    /// <returns>How many.</returns>
    public static Operation<long> DeleteRange(string table, RangeQuery query) =>
        new("deleteRange", Writing(table, query), static result => result.GetProperty("deleted").GetInt64());

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("op", _name);
        _write(writer);
        writer.WriteEndObject();
    }

    private static Action<Utf8JsonWriter> Writing(string table, RangeQuery query)
    {
        ArgumentException.ThrowIfNullOrEmpty(table);
        ArgumentNullException.ThrowIfNull(query);
        return query.Where is { IsDefaultOrEmpty: false }
            ? throw new ArgumentException("A transaction does not filter rows: leave Where empty.", nameof(query))
            : writer =>
            {
                writer.WriteString("table", table);
                foreach (var (name, value) in (ReadOnlySpan<(string, string?)>)
                    [("prefix", query.Prefix), ("start", query.Start), ("end", query.End)])
                {
                    if (value is not null)
                    {
                        writer.WriteString(name, value);
                    }
                }
            };
    }
}

/// <summary>Something a <see cref="Transaction"/> does, and what comes of it: <see cref="TransactionResult.Of"/>.</summary>
/// <typeparam name="TResult">What comes of it.</typeparam>
public sealed class Operation<TResult> : Operation
{
    private readonly Func<JsonElement, TResult> _read;

    internal Operation(string name, Action<Utf8JsonWriter> write, Func<JsonElement, TResult> read)
        : base(name, write) => _read = read;

    internal TResult Read(JsonElement result) => _read(result);
}

/// <summary>A row that was written.</summary>
/// <param name="Revision">The revision of the write: the transaction's.</param>
/// <param name="Version">How often the row was written since it was made.</param>
public sealed record WrittenRow(long Revision, long Version);

/// <summary>What an addition came to.</summary>
/// <param name="Text">The sum, with all its digits.</param>
/// <param name="Revision">The revision of the write.</param>
/// <param name="Version">How often the row was written since it was made.</param>
public sealed record AddResult(string Text, long Revision, long Version)
{
    /// <summary>The sum.</summary>
    /// <exception cref="OverflowException">It has more digits than a decimal: see <see cref="Text"/>.</exception>
    public decimal Value => decimal.Parse(
        Text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Whether this is the kept answer of an earlier attempt with the same idempotency key.</summary>
    public bool Replayed { get; init; }
}

/// <summary>Rows that a transaction read.</summary>
/// <param name="Rows">The rows, in key order.</param>
/// <param name="Count">How many there are.</param>
/// <param name="More">Whether there are more than were read.</param>
public sealed record RangeResult(IReadOnlyList<Row> Rows, long Count, bool More);
