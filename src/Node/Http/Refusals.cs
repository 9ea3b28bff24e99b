using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>What is answered when the state machine refused a write, whatever write it was.</summary>
internal static class Refusals
{
    /// <summary>The problem that an outcome is; null when it is the write's own to show.</summary>
    public static Problem? Of(Outcome outcome, Change change) => outcome switch
    {
        Outcome.KeyReused reused => new Problem(
            ProblemCode.IdempotencyKeyReused,
            "another request was sent under this key before; nothing changed",
            HeaderNames.IdempotencyKey)
        { Revision = reused.Revision },
        Outcome.Fenced fenced => new Problem(ProblemCode.Fenced, Detail(fenced), HeaderNames.Fence) { Revision = fenced.Revision },
        Outcome.Failed failed => new Problem(Code(failed.Kind), failed.Detail, change.FieldOf(failed)) { Revision = failed.Revision },
        _ => null,
    };

    /// <summary>What a write of one row is refused with when its precondition does not hold.</summary>
    /// <param name="terms">What the request asks.</param>
    /// <param name="revision">The store's revision.</param>
    /// <param name="rowRevision">The revision of the row's last change; 0 for no row.</param>
    public static Problem Precondition(RequestTerms terms, long revision, long rowRevision) => new(
        ProblemCode.PreconditionFailed,
        rowRevision > 0
            ? $"the row is at revision {rowRevision}; nothing changed"
            : "there is no such row; nothing changed",
        terms.IfMatch is null ? HeaderNames.IfNoneMatch : HeaderNames.IfMatch)
    {
        RowRevision = rowRevision,
        Revision = revision,
    };

    /// <summary>What a write of one row is refused with when there is none.</summary>
    public static Problem Absent(long revision) =>
        new(ProblemCode.Absent, "there is no row of this key; nothing changed") { Revision = revision };

    private static string Detail(Outcome.Fenced fenced) => fenced.Fence == 0
        ? $"nobody holds the lock '{fenced.Lock}'; nothing changed"
        : $"the lock '{fenced.Lock}' is held with fence {fenced.Fence}, which the request does not have; nothing changed";

    /// <summary>What a put that failed for its lease's sake names; null when it failed for another.</summary>
    public static string? LeaseField(Outcome.Failed failed) =>
        failed.Kind is FailureKind.LeaseAbsent or FailureKind.LeaseFull ? "lease" : null;

    private static ProblemCode Code(FailureKind kind) => kind switch
    {
        FailureKind.LeaseAbsent => ProblemCode.LeaseAbsent,
        FailureKind.LeaseFull => ProblemCode.LeaseFull,
        FailureKind.RowAbsent => ProblemCode.Absent,
        FailureKind.QuotaExceeded => ProblemCode.QuotaExceeded,
        FailureKind.ResultTooLarge => ProblemCode.TooLarge,
        FailureKind.NotANumber or FailureKind.NotAnObject or FailureKind.OutOfRange => ProblemCode.Conflict,
        _ => throw new InvariantException($"no answer for {kind}"),
    };
}
