namespace RaftCluster.Client;

/// <summary>One request as the caller means it, whichever node it goes to and however often it is tried.</summary>
/// <param name="Method">The verb.</param>
/// <param name="Target">Path and query, percent-encoded.</param>
internal sealed record Call(HttpMethod Method, string Target)
{
    /// <summary>A write's body; null for a read.</summary>
    internal ReadOnlyMemory<byte>? Body { get; init; }

    internal string? ContentType { get; init; }

    /// <summary>What to ask for when so much patience is left, where that matters; null for <see cref="Target"/> always.</summary>
    internal Func<TimeSpan, string>? TargetWithin { get; init; }

    internal (string Name, string Value)[] Headers { get; init; } = [];

    internal string? Session { get; init; }

    /// <summary>Whether the leader answers it with the fewest hops.</summary>
    internal bool PrefersLeader { get; init; }

    /// <summary>Whether the answer is at least as new as everything this client has seen.</summary>
    internal bool AdvancesSession { get; init; }

    internal TimeSpan? Patience { get; init; }

    /// <summary>What it is called in traces, as <c>kv.put</c>.</summary>
    internal string Name { get; init; } = "";

    /// <summary>Sent as <c>Idempotency-Key</c>: however often the call is sent, it happens once.</summary>
    internal string? IdempotencyKey { get; init; }

    /// <summary>Whether doing it twice is as good as once even without a key, as keeping a lease alive is.</summary>
    internal bool IsRepeatable { get; init; }

    /// <summary>Whether <c>Raft-Wait</c> tells the node how long it may take; not where the target itself says it.</summary>
    internal bool StatesWait { get; init; } = true;

    /// <summary>What it is when it shares a request with others; null when it may not.</summary>
    internal GatheredWrite? Item { get; init; }

    internal bool IsWrite => Body is not null;

    internal CallKind Kind => !IsWrite ? CallKind.Read
        : IdempotencyKey is not null || IsRepeatable ? CallKind.RepeatableWrite
        : CallKind.Write;
}

/// <summary>What a call may do, as far as sending it again is concerned.</summary>
internal enum CallKind
{
    /// <summary>It changes nothing.</summary>
    Read,

    /// <summary>Sent twice, it may happen twice.</summary>
    Write,

    /// <summary>Sent twice, it happens once.</summary>
    RepeatableWrite,
}
