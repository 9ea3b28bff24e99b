namespace RaftCluster.Client;

/// <summary>One request as the caller means it, whichever node it goes to and however often it is tried.</summary>
/// <param name="Method">The verb.</param>
/// <param name="Target">Path and query, percent-encoded.</param>
internal sealed record Call(HttpMethod Method, string Target)
{
    /// <summary>A write's body; null for a read.</summary>
    internal ReadOnlyMemory<byte>? Body { get; init; }

    internal string? ContentType { get; init; }

    internal (string Name, string Value)[] Headers { get; init; } = [];

    internal string? Session { get; init; }

    /// <summary>Whether the leader answers it with the fewest hops.</summary>
    internal bool PrefersLeader { get; init; }

    /// <summary>Whether the answer is at least as new as everything this client has seen.</summary>
    internal bool AdvancesSession { get; init; }

    internal TimeSpan? Patience { get; init; }

    internal bool IsWrite => Body is not null;
}
