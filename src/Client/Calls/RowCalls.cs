using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;

namespace RaftCluster.Client;

/// <summary>What can be done to the rows of one table, the built-in <c>kv</c> or another: they differ in their path alone.</summary>
internal sealed class RowCalls(string name, string path, Dispatcher dispatcher, Requests requests)
{
    internal async Task<GetResult> GetAsync(string key, ReadOptions? options, CancellationToken cancellation)
    {
        options ??= ReadOptions.Default;
        var target = $"{path}/{KeyPath.Encode(key)}" + (options.Revision is { } at ? $"?rev={Text(at)}" : "");
        var answer = await dispatcher.SendAsync(requests.Read($"{name}.get", target, options), cancellation);
        if (answer.Status is HttpStatusCode.NotFound)
        {
            return new GetResult(null, answer.Headers.Source);
        }

        var row = new Row(
            key,
            answer.Body,
            answer.Headers.ContentType,
            answer.Headers.ETag ?? throw Requests.Malformed("an ETag"),
            answer.Headers.Version ?? throw Requests.Malformed("Raft-Version"),
            Created: null);
        return new GetResult(row, answer.Headers.Source);
    }

    internal async Task<PutResult> PutAsync(
        string key, ReadOnlyMemory<byte> value, WriteOptions? options, CancellationToken cancellation)
    {
        options ??= WriteOptions.Default;
        if (options is { TimeToLive: not null, Lease: not null })
        {
            throw new ArgumentException("A row has a time to live or a lease, not both.", nameof(options));
        }

        var target = $"{path}/{KeyPath.Encode(key)}"
            + (options.TimeToLive is { } time ? $"?ttl={WireNames.Of(time)}"
                : options.Lease is { } lease ? $"?lease={Text(lease)}"
                : "");
        var call = requests.Write($"{name}.put", HttpMethod.Put, target, value, options);
        if (MayShare(options) && value.Length <= Gatherer.LongestValue)
        {
            call = call with { Item = new GatheredWrite("put", key, value, options.ContentType) };
        }

        return Written(await dispatcher.SendAsync(call, cancellation));
    }

    internal async Task<PutResult> PatchAsync(
        string key, ReadOnlyMemory<byte> patch, WriteOptions? options, CancellationToken cancellation)
    {
        options = (options ?? WriteOptions.Default) with { ContentType = "application/merge-patch+json" };
        var call = requests.Write(
            $"{name}.patch", HttpMethod.Patch, $"{path}/{KeyPath.Encode(key)}", patch, WithoutLife(options));
        var answer = await dispatcher.SendAsync(call, cancellation);
        return answer.Status is HttpStatusCode.NotFound
            ? new PutResult.NotFound { Replayed = answer.Headers.Replayed }
            : Written(answer);
    }

    internal async Task<InsertResult> InsertAsync(ReadOnlyMemory<byte> value, WriteOptions? options, CancellationToken cancellation)
    {
        options ??= WriteOptions.Default;
        var call = requests.Write($"{name}.insert", HttpMethod.Post, path, value, WithoutLife(options));
        var answer = await dispatcher.SendAsync(call, cancellation);
        if (answer.Status is HttpStatusCode.NotFound)
        {
            throw new RaftClusterException(answer.Failure with { Outcome = Outcome.NotApplied }, endpoint: null);
        }

        var body = Requests.Body(answer, ClientJson.Default.InsertBody, Outcome.Applied);
        return new InsertResult(body.Key, body.Revision, body.Version) { Replayed = answer.Headers.Replayed };
    }

    internal Task<DeleteResult> DeleteAsync(string key, WriteOptions? options, CancellationToken cancellation) =>
        DeleteTargetAsync($"{path}/{KeyPath.Encode(key)}", key, options, cancellation);

    internal Task<DeleteResult> DeletePrefixAsync(string prefix, WriteOptions? options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        var target = prefix.Length == 0 ? $"{path}?prefix=&all=true" : $"{path}?prefix={Uri.EscapeDataString(prefix)}";
        return DeleteTargetAsync(target, key: null, options, cancellation);
    }

    internal async IAsyncEnumerable<Row> ListAsync(
        RangeQuery query, ReadOptions? options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(query);
        var left = query.Limit ?? long.MaxValue;
        string? after = null;
        while (left > 0)
        {
            var page = await ListPageAsync(query with { Limit = query.Limit is null ? null : left }, after, options, cancellation);
            foreach (var row in page.Rows)
            {
                yield return row;
                if (--left == 0)
                {
                    yield break;
                }
            }

            after = page.Next;
            if (after is null)
            {
                yield break;
            }
        }
    }

    internal async Task<RangePage> ListPageAsync(
        RangeQuery query, string? after, ReadOptions? options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(query);
        options ??= ReadOptions.Default;
        var target = RangeTarget.Page(path, query, after, options.Revision);
        var answer = await dispatcher.SendAsync(requests.Read($"{name}.list", target, options), cancellation);
        var body = ListBody(answer);
        var rows = Array.ConvertAll(body.Items ?? [], item => item.ToRow());
        return new RangePage(body.Revision, rows, body.Next, answer.Headers.Source);
    }

    internal async Task<long> CountAsync(RangeQuery query, ReadOptions? options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(query);
        options ??= ReadOptions.Default;
        var target = RangeTarget.Count(path, query, options.Revision);
        var answer = await dispatcher.SendAsync(requests.Read($"{name}.count", target, options), cancellation);
        return ListBody(answer).Count ?? throw Requests.Malformed("a count");
    }

    private async Task<DeleteResult> DeleteTargetAsync(string target, string? key, WriteOptions? options, CancellationToken cancellation)
    {
        options = WithoutLife(options ?? WriteOptions.Default);
        var call = requests.Write($"{name}.delete", HttpMethod.Delete, target, default, options);
        if (key is not null && MayShare(options))
        {
            call = call with { Item = new GatheredWrite("delete", key, default, ContentType: null) };
        }

        var answer = await dispatcher.SendAsync(call, cancellation);
        var replayed = answer.Headers.Replayed;
        switch (answer.Status)
        {
            case HttpStatusCode.Accepted:
                return new DeleteResult.Accepted { Replayed = replayed };
            case HttpStatusCode.NotFound:
                return new DeleteResult.NotFound { Replayed = replayed };
            case HttpStatusCode.PreconditionFailed:
                return new DeleteResult.Refused(answer.Headers.ETag) { Replayed = replayed };
            default:
                var body = Requests.Body(answer, ClientJson.Default.DeleteBody, Outcome.Applied);
                return new DeleteResult.Deleted(body.Revision, body.Count) { Replayed = replayed };
        }
    }

    /// <summary>
    /// Whether a write of one row may go in one request with others. One with a key of its caller's may be sent again by a client that
    /// does not gather, and must then be the same request.
    /// </summary>
    private bool MayShare(WriteOptions options) => dispatcher.Options.GatherWrites && name == "kv" && options is
    {
        Durability: Durability.Quorum, TimeToLive: null, Lease: null, Fences.IsDefaultOrEmpty: true,
    } && options.When == Precondition.None && !options.Idempotency.IsGiven;

    private static PutResult Written(Attempt.Answered answer)
    {
        var replayed = answer.Headers.Replayed;
        switch (answer.Status)
        {
            case HttpStatusCode.Accepted:
                return new PutResult.Accepted { Replayed = replayed };
            case HttpStatusCode.PreconditionFailed:
                return new PutResult.Refused(answer.Headers.ETag) { Replayed = replayed };
            case HttpStatusCode.NotFound:
                // A put makes its row: what is absent is its table, or its lease.
                throw new RaftClusterException(answer.Failure with { Outcome = Outcome.NotApplied }, endpoint: null);
            default:
                var body = Requests.Body(answer, ClientJson.Default.PutBody, Outcome.Applied);
                return new PutResult.Written(body.Revision, body.Version, answer.Status is HttpStatusCode.Created) { Replayed = replayed };
        }
    }

    /// <summary>A list of no rows is an empty list: when it is absent, its table is.</summary>
    private static RangeBody ListBody(Attempt.Answered answer) => answer.Status is HttpStatusCode.NotFound
        ? throw new RaftClusterException(answer.Failure, endpoint: null)
        : Requests.Body(answer, ClientJson.Default.RangeBody);

    private static WriteOptions WithoutLife(WriteOptions options) => options is { TimeToLive: null, Lease: null }
        ? options
        : throw new ArgumentException("Only a put gives a row a time to live or a lease.", nameof(options));

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
