using System.Net;
using System.Text.Json;

namespace RaftCluster.Client;

/// <summary>The tables of the cluster: <c>/v1/tables</c>.</summary>
public sealed class TableCatalog
{
    private const string Path = "/v1/tables";

    private readonly Dispatcher _dispatcher;
    private readonly Requests _requests;

    internal TableCatalog(Dispatcher dispatcher, Requests requests) => (_dispatcher, _requests) = (dispatcher, requests);

    /// <summary>Makes a table, or changes its definition. Rows that are there stay readable, or the change is refused.</summary>
    /// <param name="name">The table's name.</param>
    /// <param name="definition">Its columns and keys.</param>
    /// <param name="options">On which condition on the definition: <see cref="Precondition.Absent"/> only makes it.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="RaftClusterException"><c>table-conflict</c>: rows that are there would not fit; the column is named.</exception>
    /// <example>
    /// <code>
    /// await client.Tables.DefineAsync("users", new TableDefinition
    /// {
    ///     Columns =
    ///     [
    ///         new Column("name", ColumnType.Text),
    ///         new Column("email", ColumnType.Text).OrNull(),
    ///         new Column("logins", ColumnType.Number).WithDefault("0"),
    ///         new Column("since", ColumnType.Text).WithDefault("\"now\""),
    ///     ],
    /// });
    /// </code>
    /// </example>
    public async Task<DefineResult> DefineAsync(
        string name, TableDefinition definition, WriteOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(definition);
        var body = JsonSerializer.SerializeToUtf8Bytes(
            definition with { Name = null, Revision = null }, ClientJson.Default.TableDefinition);
        return await DefineAsync(name, body, options, cancellation);
    }

    /// <summary>As the other, with the definition as the node reads it.</summary>
    /// <param name="name">The table's name.</param>
    /// <param name="definition">Its definition: JSON.</param>
    /// <param name="options">On which condition on the definition.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<DefineResult> DefineAsync(
        string name, ReadOnlyMemory<byte> definition, WriteOptions? options = null, CancellationToken cancellation = default)
    {
        options = (options ?? WriteOptions.Default) with { ContentType = "application/json" };
        var answer = await _dispatcher.SendAsync(
            _requests.Write("table.define", HttpMethod.Put, $"{Path}/{KeyPath.Encode(name)}", definition, options), cancellation);
        var replayed = answer.Headers.Replayed;
        return answer.Status switch
        {
            HttpStatusCode.PreconditionFailed => new DefineResult.Refused(answer.Headers.ETag) { Replayed = replayed },
            HttpStatusCode.NotFound => throw new RaftClusterException(answer.Failure, endpoint: null),
            var status => new DefineResult.Defined(
                answer.Headers.ETag ?? Requests.Body(answer, ClientJson.Default.PutBody, Outcome.Applied).Revision,
                status is HttpStatusCode.Created)
            { Replayed = replayed },
        };
    }

    /// <summary>A table's definition; null when there is no such table.</summary>
    /// <param name="name">The table's name.</param>
    /// <param name="options">How fresh.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<TableDefinition?> GetAsync(string name, ReadOptions? options = null, CancellationToken cancellation = default)
    {
        var answer = await _dispatcher.SendAsync(
            _requests.Read("table.get", $"{Path}/{KeyPath.Encode(name)}", options ?? ReadOptions.Default), cancellation);
        if (answer.Status is HttpStatusCode.NotFound)
        {
            return null;
        }

        var definition = Requests.Body(answer, ClientJson.Default.TableDefinition);
        return definition with { Name = definition.Name ?? name, Revision = definition.Revision ?? answer.Headers.ETag };
    }

    /// <summary>All tables, <c>kv</c> among them.</summary>
    /// <param name="options">How fresh.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<IReadOnlyList<TableDefinition>> ListAsync(ReadOptions? options = null, CancellationToken cancellation = default)
    {
        var answer = await _dispatcher.SendAsync(_requests.Read("table.list", Path, options ?? ReadOptions.Default), cancellation);
        return Requests.Body(answer, ClientJson.Default.TablesBody).Items ?? throw Requests.Malformed("a list of tables");
    }

    /// <summary>Drops a table with all its rows, in one transaction.</summary>
    /// <param name="name">The table's name.</param>
    /// <param name="options">On which condition on the definition.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<DeleteResult> DropAsync(string name, WriteOptions? options = null, CancellationToken cancellation = default)
    {
        var answer = await _dispatcher.SendAsync(
            _requests.Write("table.drop", HttpMethod.Delete, $"{Path}/{KeyPath.Encode(name)}", default, options ?? WriteOptions.Default),
            cancellation);
        var replayed = answer.Headers.Replayed;
        if (answer.Status is HttpStatusCode.NotFound)
        {
            return new DeleteResult.NotFound { Replayed = replayed };
        }

        if (answer.Status is HttpStatusCode.PreconditionFailed)
        {
            return new DeleteResult.Refused(answer.Headers.ETag) { Replayed = replayed };
        }

        var body = Requests.Body(answer, ClientJson.Default.DeleteBody, Outcome.Applied);
        return new DeleteResult.Deleted(body.Revision, body.Count) { Replayed = replayed };
    }
}

/// <summary>What defining a table did.</summary>
public abstract record DefineResult
{
    private DefineResult()
    {
    }

    /// <summary>Whether this is the kept answer of an earlier attempt with the same idempotency key.</summary>
    public bool Replayed { get; init; }

    /// <summary>The table is as defined.</summary>
    /// <param name="Revision">The revision of its definition.</param>
    /// <param name="Created">Whether the table is new.</param>
    public sealed record Defined(long Revision, bool Created) : DefineResult;

    /// <summary>The precondition does not hold: nothing changed.</summary>
    /// <param name="CurrentRevision">The revision of the definition; null when there is no such table.</param>
    public sealed record Refused(long? CurrentRevision) : DefineResult;
}
