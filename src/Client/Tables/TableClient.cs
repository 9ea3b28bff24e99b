namespace RaftCluster.Client;

/// <summary>The rows of one table, as the JSON objects they are: <c>/v1/tables/{name}/rows</c>.</summary>
public sealed class TableClient
{
    private readonly RowCalls _rows;

    internal TableClient(string name, Dispatcher dispatcher, Requests requests)
    {
        Name = name;
        _rows = new RowCalls("rows", $"/v1/tables/{KeyPath.Encode(name)}/rows", dispatcher, requests);
    }

    /// <summary>The table's name.</summary>
    public string Name { get; }

    /// <summary>Reads one row.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="options">How fresh, and at which revision.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<GetResult> GetAsync(string key, ReadOptions? options = null, CancellationToken cancellation = default) =>
        _rows.GetAsync(key, options, cancellation);

    /// <summary>Writes one row, whole.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="json">A JSON object of the table's columns.</param>
    /// <param name="options">On which condition, how durable, and for how long.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<PutResult> PutAsync(
        string key, ReadOnlyMemory<byte> json, WriteOptions? options = null, CancellationToken cancellation = default) =>
        _rows.PutAsync(key, json, AsJson(options), cancellation);

    /// <summary>Changes some columns of a row (RFC 7396): members replace, null takes away, what is not named stays.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="patch">A JSON object.</param>
    /// <param name="options">On which condition, and how durable.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns><see cref="PutResult.NotFound"/> when there is no such row.</returns>
    public Task<PutResult> PatchAsync(
        string key, ReadOnlyMemory<byte> patch, WriteOptions? options = null, CancellationToken cancellation = default) =>
        _rows.PatchAsync(key, patch, options, cancellation);

    /// <summary>Writes a new row under a key that the cluster makes.</summary>
    /// <param name="json">A JSON object of the table's columns.</param>
    /// <param name="options">How durable, and behind which fences.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<InsertResult> InsertAsync(
        ReadOnlyMemory<byte> json, WriteOptions? options = null, CancellationToken cancellation = default) =>
        _rows.InsertAsync(json, AsJson(options), cancellation);

    /// <summary>Removes one row.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="options">On which condition, and how durable.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<DeleteResult> DeleteAsync(string key, WriteOptions? options = null, CancellationToken cancellation = default) =>
        _rows.DeleteAsync(key, options, cancellation);

    /// <summary>Lists rows in key order, page by page, all at the revision of the first page.</summary>
    /// <param name="query">Which rows.</param>
    /// <param name="options">How fresh, and at which revision.</param>
    /// <param name="cancellation">Gives up.</param>
    public IAsyncEnumerable<Row> ListAsync(RangeQuery query, ReadOptions? options = null, CancellationToken cancellation = default) =>
        _rows.ListAsync(query, options, cancellation);

    /// <summary>One page of a listing.</summary>
    /// <param name="query">Which rows: the same for all pages.</param>
    /// <param name="after">The page before's <see cref="RangePage.Next"/>; null for the first.</param>
    /// <param name="options">How fresh, and at which revision.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<RangePage> ListPageAsync(
        RangeQuery query, string? after = null, ReadOptions? options = null, CancellationToken cancellation = default) =>
        _rows.ListPageAsync(query, after, options, cancellation);

    /// <summary>How many rows a listing would show.</summary>
    /// <param name="query">Which rows.</param>
    /// <param name="options">How fresh, and at which revision.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<long> CountAsync(RangeQuery query, ReadOptions? options = null, CancellationToken cancellation = default) =>
        _rows.CountAsync(query, options, cancellation);

    /// <summary>A row of this table, as a transaction names it.</summary>
    /// <param name="key">Its key.</param>
    public RowAddress this[string key] => RowAddress.In(Name, key);

    private static WriteOptions AsJson(WriteOptions? options) =>
        (options ?? WriteOptions.Default) with { ContentType = "application/json" };
}
