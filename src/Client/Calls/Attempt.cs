using System.Net;

namespace RaftCluster.Client;

/// <summary>What one attempt at one node came to.</summary>
internal abstract record Attempt
{
    private Attempt()
    {
    }

    /// <summary>The node answered.</summary>
    internal sealed record Answered(
        HttpStatusCode Status, AnswerHeaders Headers, byte[] Body, Problem? Problem, TimeSpan? RetryAfter) : Attempt
    {
        /// <summary>When the request began to go out, as <see cref="TimeProvider.GetTimestamp"/>: what it granted counts from then at the earliest.</summary>
        internal long SentAt { get; init; }

        /// <summary>How many attempts it took, itself among them.</summary>
        internal int Attempts { get; init; } = 1;

        internal Problem Failure => Problem ?? new Problem { Status = (int)Status, Title = Status.ToString() };
    }

    /// <summary>The request certainly never reached the node.</summary>
    internal sealed record NotSent(string Reason, Exception Cause) : Attempt;

    /// <summary>The request may have reached the node, and no whole answer came back.</summary>
    internal sealed record Lost(string Reason, Exception Cause) : Attempt;
}

/// <summary>What the headers of every answer say.</summary>
internal sealed record AnswerHeaders(
    string? Session, string? Node, string? Leader, long? Revision, long? Term, TimeSpan? Staleness,
    long? ETag, long? Version, string? ContentType)
{
    /// <summary>Whether it is the kept answer to an earlier attempt with the same idempotency key.</summary>
    internal bool Replayed { get; init; }

    /// <summary>Where what was made is.</summary>
    internal string? Location { get; init; }

    internal Source Source => new(Node, Leader, Revision, Term, Staleness);
}
