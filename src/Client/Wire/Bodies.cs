using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RaftCluster.Client;

internal sealed record PutBody(long Revision, long Version);

/// <summary><c>deleted</c> is <c>true</c> for one row and a count for a prefix.</summary>
internal sealed record DeleteBody(long Revision, JsonElement Deleted)
{
    internal long Count => Deleted.ValueKind switch
    {
        JsonValueKind.Number => Deleted.GetInt64(),
        JsonValueKind.True => 1,
        _ => 0,
    };
}

internal sealed record RangeBody(long Revision, RangeItem[]? Items, string? Next, long? Count);

/// <summary>A row in a list: <c>value</c> is text of a row of <c>kv</c>, and the JSON itself of a table's row.</summary>
internal sealed record RangeItem(
    string Key, JsonElement? Value, string? Value64, string? ContentType, long Revision, long? Created, long Version, long? Lease)
{
    internal Row ToRow() => new(Key, Bytes(), ContentType, Revision, Version, Created) { Lease = Lease };

    private byte[] Bytes() => (Value, Value64) switch
    {
        ({ ValueKind: JsonValueKind.String } text, _) => Encoding.UTF8.GetBytes(text.GetString()!),
        ({ } json, _) => JsonMarshal.GetRawUtf8Value(json).ToArray(),
        (_, { } base64) => Convert.FromBase64String(base64),
        _ => [],
    };
}

/// <summary>The answer to an insert: the key that was made.</summary>
internal sealed record InsertBody(long Revision, long Version, string Key);

internal sealed record TablesBody(TableDefinition[]? Items);

internal sealed record LeaseRequest(string Ttl, string? Owner);

internal sealed record LeaseBody(
    long Id, [property: JsonConverter(typeof(WireTime))] TimeSpan Ttl, double? RemainingMs, string? Owner, LeaseRow[]? Rows);

internal sealed record LockBody(
    string Name, string? Owner, long Fence, long? Lease, DateTimeOffset? Since, LockGuard[]? Guard, LockWaiter[]? Waiters);
