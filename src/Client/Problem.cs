using System.Text.Json.Serialization;

namespace RaftCluster.Client;

/// <summary>What a failed write did, as far as the node knows.</summary>
[JsonConverter(typeof(OutcomeConverter))]
public enum Outcome
{
    /// <summary>The node did not say, or said something this client does not know.</summary>
    Unspecified,

    /// <summary>Certainly nothing changed.</summary>
    NotApplied,

    /// <summary>It was applied; what failed came after.</summary>
    Applied,

    /// <summary>Nobody knows: it may be applied now, later, or never.</summary>
    Unknown,
}

/// <summary>What a node said about a failed request (RFC 9457).</summary>
public sealed record Problem
{
    /// <summary>The kind of problem in a few words.</summary>
    public string? Title { get; init; }

    /// <summary>The HTTP status.</summary>
    public int Status { get; init; }

    /// <summary>What happened this time.</summary>
    public string? Detail { get; init; }

    /// <summary>The kind of problem for programs, as <c>no-leader</c> or <c>commit-timeout</c>.</summary>
    public string? Code { get; init; }

    /// <summary>What became of a write.</summary>
    public Outcome Outcome { get; init; }

    /// <summary>Whether sending the same request again is safe and may help.</summary>
    public bool Retryable { get; init; }

    /// <summary>Who leads, as far as the node knows.</summary>
    public LeaderInfo? Leader { get; init; }

    /// <summary>The node's revision.</summary>
    public long? Revision { get; init; }

    /// <summary>With 410: the oldest revision that can still be read, and followed.</summary>
    public long? OldestRevision { get; init; }

    /// <summary>Of a lock that is held: by whom.</summary>
    public string? Holder { get; init; }

    /// <summary>Of a lock that is held: the number of its holder's grant.</summary>
    public long? Fence { get; init; }

    /// <summary>Of a lock that is held: since when.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <inheritdoc/>
    public override string ToString() => (Detail ?? Title, Code) switch
    {
        (null, null) => $"HTTP {Status}",
        (null, var code) => $"{code} (HTTP {Status})",
        (var text, null) => $"{text} (HTTP {Status})",
        (var text, var code) => $"{text} ({code}, HTTP {Status})",
    };
}

internal sealed class OutcomeConverter : JsonConverter<Outcome>
{
    public override Outcome Read(
        ref System.Text.Json.Utf8JsonReader reader, Type typeToConvert, System.Text.Json.JsonSerializerOptions options)
    {
        if (reader.TokenType != System.Text.Json.JsonTokenType.String)
        {
            reader.Skip();
            return Outcome.Unspecified;
        }

        return reader.GetString() switch
        {
            "not-applied" => Outcome.NotApplied,
            "applied" => Outcome.Applied,
            "unknown" => Outcome.Unknown,
            _ => Outcome.Unspecified,
        };
    }

    public override void Write(
        System.Text.Json.Utf8JsonWriter writer, Outcome value, System.Text.Json.JsonSerializerOptions options) =>
        writer.WriteStringValue(value switch
        {
            Outcome.NotApplied => "not-applied",
            Outcome.Applied => "applied",
            Outcome.Unknown => "unknown",
            _ => "unspecified",
        });
}
