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
    /// <summary>The problem of a fence that does not hold: a 412 that is no precondition on a row.</summary>
    internal const string FencedCode = "fenced";

    /// <summary>The problem of a lock that another holds.</summary>
    internal const string HeldCode = "held";

    /// <summary>The problem of a disk that is low.</summary>
    internal const string DiskFullCode = "disk-full";

    internal static Verdict Decide(CallKind kind, Attempt attempt) => (attempt, kind) switch
    {
        (Attempt.NotSent, _) => Verdict.Retry,
        (Attempt.Lost, CallKind.Write) => Verdict.Unknown,
        (Attempt.Lost, _) => Verdict.Retry,
        (Attempt.Answered answer, _) when IsAnswer(answer) => Verdict.Done,
        (Attempt.Answered answer, CallKind.Read) => AfterRead(answer),
        (Attempt.Answered answer, CallKind.Write) => AfterWrite(answer),
        // What a plain write must leave unknown, a second sending finds out.
        (Attempt.Answered answer, CallKind.RepeatableWrite) =>
            AfterWrite(answer) is var verdict and not Verdict.Unknown ? verdict : Verdict.Retry,
        _ => throw new ArgumentOutOfRangeException(nameof(attempt), attempt, null),
    };

    /// <summary>Whether the failure is the cluster's state rather than the request's fault.</summary>
    internal static bool IsUnavailable(HttpStatusCode status) => status
        is HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway
        or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    /// <summary>Whether an attempt leaves open that the write happens, now or later.</summary>
    internal static bool LeavesOpen(CallKind kind, Attempt attempt) => kind is not CallKind.Read && attempt switch
    {
        Attempt.Lost => true,
        Attempt.Answered answer => !IsAnswer(answer) && AfterWrite(answer) is Verdict.Unknown,
        _ => false,
    };

    /// <summary>
    /// Whether an answer to a repeated write settles what its earlier attempts left open: it is what became of the key. A
    /// refusal of the request as such is not, for the node looked at the request, or at its table, and not at the key.
    /// </summary>
    internal static bool Settles(Call call, Attempt.Answered answer) => answer.Headers.Replayed || answer.Status switch
    {
        HttpStatusCode.PreconditionFailed => true,
        HttpStatusCode.Conflict => answer.Problem?.Code is not "table-conflict",
        HttpStatusCode.NotFound => answer.Problem?.Code switch
        {
            "absent" or "lease-absent" => true,
            // The table may be gone since the first attempt, unless it is what this write removes.
            "table-absent" => call.Method == HttpMethod.Delete && !call.Target.Contains("/rows", StringComparison.Ordinal),
            _ => false,
        },
        var status => (int)status is >= 200 and < 300,
    };

    private static bool IsAnswer(Attempt.Answered answer) =>
        (int)answer.Status is >= 200 and < 300
        || answer.Status is HttpStatusCode.NotModified
        // What is not there is an answer; a path that the node does not know is a fault of this side, or an older node.
        || (answer.Status is HttpStatusCode.NotFound && answer.Problem?.Code is not "no-such-resource")
        || (answer.Status is HttpStatusCode.PreconditionFailed && answer.Problem?.Code is not FencedCode);

    private static Verdict AfterRead(Attempt.Answered answer) =>
        answer.Failure.Retryable || IsUnavailable(answer.Status) || answer.Status is HttpStatusCode.InternalServerError
            ? Verdict.Retry
            : Verdict.Fail;

    private static Verdict AfterWrite(Attempt.Answered answer) => answer.Failure.Outcome switch
    {
        Outcome.Unknown => Verdict.Unknown,
        Outcome.Applied => Verdict.Fail,
        // Whoever asks for a lock says how long it waits for it: to ask on is not for this table to decide.
        // A full disk clears by itself, but not while a caller waits.
        Outcome.NotApplied => answer.Failure is { Retryable: true, Code: not (HeldCode or DiskFullCode) } ? Verdict.Retry : Verdict.Fail,
        // Nobody vouches for the write: a refusal of the request itself is certain, a fault behind it is not.
        _ when answer.Status is HttpStatusCode.TooManyRequests => Verdict.Retry,
        _ when (int)answer.Status < 500 => Verdict.Fail,
        _ => Verdict.Unknown,
    };
}
