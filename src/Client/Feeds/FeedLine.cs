using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace RaftCluster.Client;

/// <summary>A line of a feed.</summary>
internal abstract record FeedLine
{
    private FeedLine()
    {
    }

    /// <summary>A transaction, or rows.</summary>
    internal sealed record Event(ChangeEvent Change) : FeedLine;

    /// <summary>Everything up to this revision was sent.</summary>
    internal sealed record Progress(long Revision) : FeedLine;

    /// <summary>The node ends the feed: another one goes on at <paramref name="Next"/>, or all over again for 0.</summary>
    internal sealed record Closed(string Reason, long Next) : FeedLine;

    /// <summary>The feed can't go on.</summary>
    internal sealed record Error(Problem Problem) : FeedLine;

    /// <summary>Reads a line.</summary>
    /// <exception cref="JsonException">It is not one of a feed, or not whole.</exception>
    internal static FeedLine Parse(ReadOnlyMemory<byte> line)
    {
        using var document = JsonDocument.Parse(line);
        var root = document.RootElement;
        try
        {
            return root.TryGetProperty("event", out var name) ? Named(name.GetString(), root, line) : new Event(EventOf(root, line));
        }
        catch (Exception other) when (other is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new JsonException("not a line of a feed", other);
        }
    }

    private static FeedLine Named(string? name, JsonElement root, ReadOnlyMemory<byte> line) => name switch
    {
        "progress" => new Progress(root.GetProperty("revision").GetInt64()),
        "closed" => new Closed(root.GetProperty("reason").GetString() ?? "", root.GetProperty("next").GetInt64()),
        "error" => new Error(JsonSerializer.Deserialize(line.Span, ClientJson.Default.Problem)!),
        // What a later version of the node says besides: nothing is missed by not knowing it.
        _ => new Progress(0),
    };

    private static ChangeEvent EventOf(JsonElement root, ReadOnlyMemory<byte> line)
    {
        var changes = root.GetProperty("changes");
        var read = ImmutableArray.CreateBuilder<Change>(changes.GetArrayLength());
        foreach (var change in changes.EnumerateArray())
        {
            read.Add(ChangeOf(change));
        }

        return new ChangeEvent(
            root.GetProperty("revision").GetInt64(),
            root.GetProperty("term").GetInt64(),
            root.GetProperty("index").GetInt64(),
            root.GetProperty("at").GetDateTimeOffset(),
            read.MoveToImmutable())
        {
            Json = line,
        };
    }

    private static Change ChangeOf(JsonElement change)
    {
        var (table, kind) = (change.GetProperty("table").GetString()!, change.GetProperty("op").GetString());
        return new Change(
            kind switch
            {
                "insert" => ChangeKind.Insert,
                "update" => ChangeKind.Update,
                "delete" => ChangeKind.Delete,
                "snapshot" => ChangeKind.Snapshot,
                _ => throw new FormatException($"no change is called '{kind}'"),
            },
            table,
            change.GetProperty("key").GetString()!,
            ValueOf(table, change.GetProperty("before")),
            ValueOf(table, change.GetProperty("after")))
        {
            Lease = change.TryGetProperty("lease", out var lease) ? lease.GetInt64() : null,
            RowRevision = change.TryGetProperty("revision", out var revision) ? revision.GetInt64() : null,
        };
    }

    private static RowValue? ValueOf(string table, JsonElement version)
    {
        if (version.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        // A row of a table is the object itself; a table may well have a column called "value".
        return table != "kv"
            ? new RowValue(JsonMarshal.GetRawUtf8Value(version).ToArray(), "application/json")
            : new RowValue(
                version.TryGetProperty("value64", out var base64)
                    ? base64.GetBytesFromBase64()
                    : System.Text.Encoding.UTF8.GetBytes(version.GetProperty("value").GetString()!),
                version.GetProperty("contentType").GetString());
    }
}
