using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RaftCluster.Client;

/// <summary>Builds calls from what callers ask for, and reads the bodies of their answers.</summary>
internal sealed class Requests(RaftClusterOptions options, SessionKeeper session)
{
    private static readonly UriCreationOptions _asWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    internal TimeSpan Patience => options.Patience;

    internal Call Read(string name, string target, ReadOptions read)
    {
        var consistency = read.Consistency ?? options.Consistency;
        return new Call(HttpMethod.Get, target)
        {
            Name = name,
            Headers = read.MaxStaleness is { } most
                ? [("Raft-Consistency", WireNames.Of(consistency)), ("Raft-Max-Staleness", WireNames.Of(most))]
                : [("Raft-Consistency", WireNames.Of(consistency))],
            Session = consistency is Consistency.Session ? session.Token : null,
            PrefersLeader = consistency is Consistency.Linearizable,
            AdvancesSession = consistency is Consistency.Linearizable or Consistency.Session,
            Patience = read.Patience,
        };
    }

    internal Call Write(string name, HttpMethod method, string target, ReadOnlyMemory<byte> body, WriteOptions write)
    {
        var headers = new List<(string, string)>(2);
        if (write.When is { Header: { } condition, Value: { } value })
        {
            headers.Add((condition, value));
        }

        if (write.Durability is not Durability.Quorum)
        {
            headers.Add(("Raft-Durability", WireNames.Of(write.Durability)));
        }

        foreach (var fence in write.Fences.IsDefault ? [] : write.Fences)
        {
            headers.Add(("Raft-Fence", Header(fence)));
        }

        return new Call(method, target)
        {
            Name = name,
            Body = body,
            ContentType = write.ContentType,
            Headers = [.. headers],
            PrefersLeader = true,
            AdvancesSession = true,
            Patience = write.Patience,
            IdempotencyKey = write.Idempotency.KeyOf(options.Idempotent),
        };
    }

    private static string Header(Fence fence) => fence.ToString() is { Length: > 0 } text
        ? text
        : throw new ArgumentException("A fence names a lock and a number from 1, as a handle's does.", nameof(fence));

    /// <summary>A request to one node, without headers and body.</summary>
    /// <param name="options">Which HTTP is spoken.</param>
    /// <param name="method">The verb.</param>
    /// <param name="endpoint">The node's base URL; its path, if it has one, comes before the target.</param>
    /// <param name="target">Path and query, percent-encoded: sent as they are.</param>
    internal static HttpRequestMessage Message(RaftClusterOptions options, HttpMethod method, Uri endpoint, string target) =>
        new(method, new Uri(endpoint.AbsoluteUri.TrimEnd('/') + target, _asWritten))
        {
            Version = options.Http2 ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = options.Http2 ? HttpVersionPolicy.RequestVersionExact : HttpVersionPolicy.RequestVersionOrHigher,
        };

    /// <summary>An answer's body.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="type">How it is read.</param>
    /// <param name="outcome">What became of the write that it answers.</param>
    /// <param name="expected">What it is, for the message when it is something else; null when there is no better word than JSON.</param>
    /// <exception cref="RaftClusterException">It is something else.</exception>
    internal static T Body<T>(
        Attempt.Answered answer, JsonTypeInfo<T> type, Outcome outcome = Outcome.Unspecified, string? expected = null)
    {
        try
        {
            return JsonSerializer.Deserialize(answer.Body, type) ?? throw Malformed(expected ?? "a JSON object", outcome);
        }
        catch (JsonException broken)
        {
            throw Malformed(expected ?? "JSON of another shape", outcome, broken);
        }
    }

    internal static RaftClusterException Malformed(
        string missing, Outcome outcome = Outcome.Unspecified, Exception? inner = null) =>
        new($"The answer is not a RaftCluster node's: it should have {missing}.", outcome, endpoint: null, inner);
}
