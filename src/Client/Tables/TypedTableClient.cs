using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RaftCluster.Client;

/// <summary>The rows of one table, read and written as <typeparamref name="T"/>.</summary>
/// <example>
/// <code>
/// var users = client.Table("users", ExampleJson.Default.User);
/// var made = await users.InsertAsync(new User("Ada", Logins: 0));
/// await foreach (var row in users.ListAsync(new RangeQuery { Where = [Filter.Number("logins", Comparison.Less, 10)] }))
/// {
///     Console.WriteLine($"{row.Key}: {row.Value.Name}");
/// }
/// </code>
/// </example>
public sealed class TableClient<T>
{
    private readonly JsonTypeInfo<T> _type;

    internal TableClient(TableClient rows, JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(type);
        (Rows, _type) = (rows, type);
    }

    /// <summary>The same rows as JSON.</summary>
    public TableClient Rows { get; }

    /// <summary>Reads one row.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="options">How fresh, and at which revision.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<GetResult<T>> GetAsync(string key, ReadOptions? options = null, CancellationToken cancellation = default)
    {
        var (row, source) = await Rows.GetAsync(key, options, cancellation);
        return new GetResult<T>(row?.Typed(_type), source);
    }

    /// <summary>Writes one row, whole.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="value">Its value.</param>
    /// <param name="options">On which condition, how durable, and for how long.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<PutResult> PutAsync(string key, T value, WriteOptions? options = null, CancellationToken cancellation = default) =>
        Rows.PutAsync(key, Json(value), options, cancellation);

    /// <summary>Writes a new row under a key that the cluster makes.</summary>
    /// <param name="value">Its value.</param>
    /// <param name="options">How durable, and behind which fences.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<InsertResult> InsertAsync(T value, WriteOptions? options = null, CancellationToken cancellation = default) =>
        Rows.InsertAsync(Json(value), options, cancellation);

    /// <summary>Removes one row.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="options">On which condition, and how durable.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<DeleteResult> DeleteAsync(string key, WriteOptions? options = null, CancellationToken cancellation = default) =>
        Rows.DeleteAsync(key, options, cancellation);

    /// <summary>Lists rows in key order, page by page, all at the revision of the first page.</summary>
    /// <param name="query">Which rows; <see cref="RangeQuery.KeysOnly"/> leaves nothing to read.</param>
    /// <param name="options">How fresh, and at which revision.</param>
    /// <param name="cancellation">Gives up.</param>
    public async IAsyncEnumerable<Row<T>> ListAsync(
        RangeQuery query, ReadOptions? options = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.KeysOnly)
        {
            throw new ArgumentException("Without their values rows can't be read as a type: list the table's Rows.", nameof(query));
        }

        await foreach (var row in Rows.ListAsync(query, options, cancellation))
        {
            yield return row.Typed(_type);
        }
    }

    private byte[] Json(T value) => JsonSerializer.SerializeToUtf8Bytes(value, _type);
}
