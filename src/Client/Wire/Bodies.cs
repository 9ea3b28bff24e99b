using System.Text;

namespace RaftCluster.Client;

internal sealed record PutBody(long Revision, long Version);

/// <summary><c>deleted</c> is <c>true</c> for one row and a count for a prefix.</summary>
internal sealed record DeleteBody(long Revision, System.Text.Json.JsonElement Deleted)
{
    internal long Count => Deleted.ValueKind switch
    {
        System.Text.Json.JsonValueKind.Number => Deleted.GetInt64(),
        System.Text.Json.JsonValueKind.True => 1,
        _ => 0,
    };
}

internal sealed record RangeBody(long Revision, RangeItem[]? Items, string? Next, long? Count);

internal sealed record RangeItem(
    string Key, string? Value, string? Value64, string? ContentType, long Revision, long? Created, long Version)
{
    internal Row ToRow() => new(Key, Bytes(), ContentType, Revision, Version, Created);

    private byte[] Bytes() => (Value, Value64) switch
    {
        ({ } text, _) => Encoding.UTF8.GetBytes(text),
        (_, { } base64) => Convert.FromBase64String(base64),
        _ => [],
    };
}
