using System.Net;

namespace RaftCluster.Client;

/// <summary>What to do after an attempt.</summary>
internal enum Verdict
{
    /// <summary>It is the answer.</summary>
    Done,

    /// <summary>Sending the request again is safe and may help.</summary>
    Retry,

    /// <summary>It failed for good; for a write, its outcome is known.</summary>
    Fail,

    /// <summary>A write of which nobody can say whether it happened: it must not be sent again.</summary>
    Unknown,
}

/// <summary>The table: what an attempt came to → what to do. Nothing here waits or sends.</summary>
internal static class RetryPolicy
{
    internal static Verdict Decide(bool isWrite, Attempt attempt) => (attempt, isWrite) switch
    {
        (Attempt.NotSent, _) => Verdict.Retry,
        (Attempt.Lost, true) => Verdict.Unknown,
        (Attempt.Lost, false) => Verdict.Retry,
        (Attempt.Answered answer, _) when IsAnswer(answer.Status) => Verdict.Done,
        (Attempt.Answered answer, true) => AfterWrite(answer),
        (Attempt.Answered answer, false) => AfterRead(answer),
        _ => throw new ArgumentOutOfRangeException(nameof(attempt), attempt, null),
    };

    /// <summary>Whether the failure is the cluster's state rather than the request's fault.</summary>
    internal static bool IsUnavailable(HttpStatusCode status) => status
        is HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway
        or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    private static bool IsAnswer(HttpStatusCode status) =>
        (int)status is >= 200 and < 300
        || status is HttpStatusCode.NotModified or HttpStatusCode.NotFound or HttpStatusCode.PreconditionFailed;

    private static Verdict AfterRead(Attempt.Answered answer) =>
        answer.Failure.Retryable || IsUnavailable(answer.Status) || answer.Status is HttpStatusCode.InternalServerError
            ? Verdict.Retry
            : Verdict.Fail;

    private static Verdict AfterWrite(Attempt.Answered answer) => answer.Failure.Outcome switch
    {
        Outcome.Unknown => Verdict.Unknown,
        Outcome.Applied => Verdict.Fail,
        Outcome.NotApplied => answer.Failure.Retryable ? Verdict.Retry : Verdict.Fail,
        // Nobody vouches for the write: a refusal of the request itself is certain, a fault behind it is not.
        _ when answer.Status is HttpStatusCode.TooManyRequests => Verdict.Retry,
        _ when (int)answer.Status < 500 => Verdict.Fail,
        _ => Verdict.Unknown,
    };
}
