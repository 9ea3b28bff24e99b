using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Elections;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Consistency;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>The one place that turns results into HTTP statuses.</summary>
internal static class Statuses
{
    /// <summary>The status of a problem.</summary>
    public static int Of(ProblemCode code) => code switch
    {
        ProblemCode.Malformed => StatusCodes.Status400BadRequest,
        ProblemCode.Absent => StatusCodes.Status404NotFound,
        ProblemCode.TableAbsent => StatusCodes.Status404NotFound,
        ProblemCode.NoSuchResource => StatusCodes.Status404NotFound,
        ProblemCode.MethodNotAllowed => StatusCodes.Status405MethodNotAllowed,
        ProblemCode.RequestTimeout => StatusCodes.Status408RequestTimeout,
        ProblemCode.LeaseAbsent => StatusCodes.Status404NotFound,
        ProblemCode.Conflict => StatusCodes.Status409Conflict,
        ProblemCode.LeaseFull => StatusCodes.Status409Conflict,
        ProblemCode.Held => StatusCodes.Status409Conflict,
        ProblemCode.TableConflict => StatusCodes.Status409Conflict,
        ProblemCode.LeaderNotChanged => StatusCodes.Status409Conflict,
        ProblemCode.Compacted => StatusCodes.Status410Gone,
        ProblemCode.Fenced => StatusCodes.Status412PreconditionFailed,
        ProblemCode.PreconditionFailed => StatusCodes.Status412PreconditionFailed,
        ProblemCode.TooLarge => StatusCodes.Status413PayloadTooLarge,
        ProblemCode.UnsupportedMediaType => StatusCodes.Status415UnsupportedMediaType,
        ProblemCode.IdempotencyKeyReused => StatusCodes.Status422UnprocessableEntity,
        ProblemCode.NoSuchMember => StatusCodes.Status404NotFound,
        ProblemCode.MemberExists => StatusCodes.Status409Conflict,
        ProblemCode.AddressTaken => StatusCodes.Status409Conflict,
        ProblemCode.ChangeInProgress => StatusCodes.Status409Conflict,
        ProblemCode.WouldLoseQuorum => StatusCodes.Status409Conflict,
        ProblemCode.LearnerBehind => StatusCodes.Status409Conflict,
        ProblemCode.TooManyMembers => StatusCodes.Status409Conflict,
        ProblemCode.Internal => StatusCodes.Status500InternalServerError,
        ProblemCode.NotSupported => StatusCodes.Status501NotImplemented,
        ProblemCode.Overloaded => StatusCodes.Status503ServiceUnavailable,
        ProblemCode.BackupFailed => StatusCodes.Status503ServiceUnavailable,
        ProblemCode.AuditFailed => StatusCodes.Status503ServiceUnavailable,
        ProblemCode.NoLeader => StatusCodes.Status503ServiceUnavailable,
        ProblemCode.QuotaExceeded => StatusCodes.Status507InsufficientStorage,
        ProblemCode.DiskFull => StatusCodes.Status507InsufficientStorage,
        ProblemCode.NotCaughtUp => StatusCodes.Status503ServiceUnavailable,
        ProblemCode.CommitTimeout => StatusCodes.Status504GatewayTimeout,
        ProblemCode.DurabilityTimeout => StatusCodes.Status504GatewayTimeout,
        _ => throw new InvariantException($"no status for {code}"),
    };

    /// <summary>A problem's code and its title.</summary>
    public static (string Code, string Title) Text(ProblemCode code) => code switch
    {
        ProblemCode.Malformed => ("malformed", "The request can't be understood"),
        ProblemCode.Absent => ("absent", "There is no such row"),
        ProblemCode.TableAbsent => ("table-absent", "There is no such table"),
        ProblemCode.NoSuchResource => ("no-such-resource", "There is no such resource"),
        ProblemCode.MethodNotAllowed => ("method-not-allowed", "The resource does not know this verb"),
        ProblemCode.RequestTimeout => ("request-timeout", "The request came too slowly"),
        ProblemCode.LeaderNotChanged => ("leader-not-changed", "Who leads can't be changed so now"),
        ProblemCode.Compacted => ("compacted", "That history was dropped"),
        ProblemCode.PreconditionFailed => ("precondition-failed", "The precondition does not hold"),
        ProblemCode.TooLarge => ("too-large", "The value, the request or the answer is too long"),
        ProblemCode.Conflict => ("conflict", "What is there can't be changed so"),
        ProblemCode.TableConflict => ("table-conflict", "The table can't be defined so"),
        ProblemCode.Fenced => ("fenced", "The lock is not held with that fence"),
        ProblemCode.Held => ("held", "Another holds the lock"),
        ProblemCode.LeaseAbsent => ("lease-absent", "There is no such lease"),
        ProblemCode.LeaseFull => ("lease-full", "The lease has as many rows as it may"),
        ProblemCode.UnsupportedMediaType => ("unsupported-media-type", "The resource does not take this media type"),
        ProblemCode.IdempotencyKeyReused => ("idempotency-key-reused", "The key belongs to another request"),
        ProblemCode.NoSuchMember => ("no-such-member", "There is no such member"),
        ProblemCode.MemberExists => ("member-exists", "There is a member of this name"),
        ProblemCode.AddressTaken => ("address-taken", "Another member has this address"),
        ProblemCode.ChangeInProgress => ("change-in-progress", "Another change of the membership is under way"),
        ProblemCode.WouldLoseQuorum => ("would-lose-quorum", "The cluster would lose its quorum"),
        ProblemCode.LearnerBehind => ("learner-behind", "The learner has not caught up"),
        ProblemCode.TooManyMembers => ("too-many-members", "The cluster has as many members as it may"),
        ProblemCode.Internal => ("internal", "The node failed"),
        ProblemCode.NotSupported => ("not-supported", "This version does not support that"),
        ProblemCode.Overloaded => ("overloaded", "Too much waits already"),
        ProblemCode.BackupFailed => ("backup-failed", "The backup could not be made"),
        ProblemCode.AuditFailed => ("audit-failed", "The audit log can't be written"),
        ProblemCode.QuotaExceeded => ("quota-exceeded", "The table would hold more than it may"),
        ProblemCode.DiskFull => ("disk-full", "There is too little room on a disk"),
        ProblemCode.NoLeader => ("no-leader", "No leader is known or confirmed"),
        ProblemCode.NotCaughtUp => ("not-caught-up", "This copy is not fresh enough"),
        ProblemCode.CommitTimeout => ("commit-timeout", "The commit was not confirmed in time"),
        ProblemCode.DurabilityTimeout => ("durability-timeout", "Committed, but not on every voter's disk in time"),
        _ => throw new InvariantException($"no text for {code}"),
    };

    /// <summary>The problem that a refused change of the membership is.</summary>
    public static ProblemCode CodeOf(MembershipRefusal refusal) => refusal switch
    {
        MembershipRefusal.ChangeInProgress => ProblemCode.ChangeInProgress,
        MembershipRefusal.NoSuchMember => ProblemCode.NoSuchMember,
        MembershipRefusal.MemberExists => ProblemCode.MemberExists,
        MembershipRefusal.AddressTaken => ProblemCode.AddressTaken,
        MembershipRefusal.WouldLoseQuorum => ProblemCode.WouldLoseQuorum,
        MembershipRefusal.LearnerBehind => ProblemCode.LearnerBehind,
        MembershipRefusal.TooManyMembers => ProblemCode.TooManyMembers,
        MembershipRefusal.NobodyToLead => ProblemCode.LeaderNotChanged,
        _ => throw new InvariantException($"no problem for {refusal}"),
    };

    /// <summary>How the contract writes an outcome.</summary>
    public static string Text(ProblemOutcome outcome) => outcome switch
    {
        ProblemOutcome.NotApplied => "not-applied",
        ProblemOutcome.Applied => "applied",
        ProblemOutcome.Unknown => "unknown",
        _ => throw new InvariantException($"no text for {outcome}"),
    };

    /// <summary>How the contract writes a consistency.</summary>
    public static string Text(ReadConsistency consistency) => consistency switch
    {
        ReadConsistency.Linearizable => "linearizable",
        ReadConsistency.Session => "session",
        ReadConsistency.Bounded => "bounded",
        ReadConsistency.Local => "local",
        _ => throw new InvariantException($"no text for {consistency}"),
    };

    /// <summary>How the contract writes a durability.</summary>
    public static string Text(Durability durability) => durability switch
    {
        Durability.Quorum => "quorum",
        Durability.All => "all",
        Durability.Leader => "leader",
        _ => throw new InvariantException($"no text for {durability}"),
    };

    /// <summary>A mode's name.</summary>
    public static string Text(FailoverMode mode) => mode switch
    {
        FailoverMode.Automatic => "automatic",
        FailoverMode.Manual => "manual",
        _ => throw new InvariantException($"no name for {mode}"),
    };

    /// <summary>How the contract writes a role.</summary>
    public static string Text(Role role) => role switch
    {
        Role.Follower => "follower",
        Role.Candidate => "candidate",
        Role.Leader => "leader",
        Role.Learner => "learner",
        _ => throw new InvariantException($"no text for {role}"),
    };
}
