namespace RaftCluster.Node.Http;

/// <summary>Every kind of problem this API reports. Its text is the name in kebab case, see <see cref="Statuses.Text(ProblemCode)"/>.</summary>
internal enum ProblemCode
{
    /// <summary>The request can't be understood; the field is named.</summary>
    Malformed,

    /// <summary>The row does not exist.</summary>
    Absent,

    /// <summary>The table does not exist.</summary>
    TableAbsent,

    /// <summary>There is no such resource at this path.</summary>
    NoSuchResource,

    /// <summary>The resource does not know this verb.</summary>
    MethodNotAllowed,

    /// <summary>The body came too slowly.</summary>
    RequestTimeout,

    /// <summary>That revision's history was dropped.</summary>
    Compacted,

    /// <summary>If-Match or If-None-Match does not hold.</summary>
    PreconditionFailed,

    /// <summary>Who leads, or may lead, can't be changed so now.</summary>
    LeaderNotChanged,

    /// <summary>The state of things is against it: the change can't be made to what is there.</summary>
    Conflict,

    /// <summary>A table can't be defined so, for what it is already.</summary>
    TableConflict,

    /// <summary>A lock that the write named, or that guards what it wrote, is not held with the fence it came with.</summary>
    Fenced,

    /// <summary>The lease does not exist, or no longer.</summary>
    LeaseAbsent,

    /// <summary>The lease has as many rows as it may.</summary>
    LeaseFull,

    /// <summary>Another holds the lock.</summary>
    Held,

    /// <summary>The value, the request or the answer is too long.</summary>
    TooLarge,

    /// <summary>The body is of a media type that the resource does not take.</summary>
    UnsupportedMediaType,

    /// <summary>Another request was sent under the same idempotency key.</summary>
    IdempotencyKeyReused,

    /// <summary>A feature of the contract that this version does not have.</summary>
    NotSupported,

    /// <summary>Too much waits already.</summary>
    Overloaded,

    /// <summary>The disk of the leader, or of too many voters, has less room than its reserve: what makes room goes on.</summary>
    DiskFull,

    /// <summary>The table would hold more than its definition allows.</summary>
    QuotaExceeded,

    /// <summary>Nobody leads, or nobody can be proved to.</summary>
    NoLeader,

    /// <summary>This copy is not fresh enough and did not become so in time.</summary>
    NotCaughtUp,

    /// <summary>The write was not confirmed in time: it may be applied, now or later, or never.</summary>
    CommitTimeout,

    /// <summary>The write is committed and applied, but not yet on every voter's disk.</summary>
    DurabilityTimeout,

    /// <summary>A backup could not be made.</summary>
    BackupFailed,

    /// <summary>An administrator's action can't be written to the audit log.</summary>
    AuditFailed,

    /// <summary>There is no such member.</summary>
    NoSuchMember,

    /// <summary>There is a member of this name with other addresses.</summary>
    MemberExists,

    /// <summary>Another member has the address.</summary>
    AddressTaken,

    /// <summary>An earlier change of the membership is not committed yet.</summary>
    ChangeInProgress,

    /// <summary>After the change too few voters would be well for anything to be committed.</summary>
    WouldLoseQuorum,

    /// <summary>The learner lacks too much to be given a vote.</summary>
    LearnerBehind,

    /// <summary>No more members fit.</summary>
    TooManyMembers,

    /// <summary>The code is broken.</summary>
    Internal,
}

/// <summary>What became of the change that a request asked for.</summary>
internal enum ProblemOutcome
{
    NotApplied,
    Applied,
    Unknown,
}

/// <summary>A refusal, as one handler says it.</summary>
/// <param name="Code">The kind.</param>
/// <param name="Detail">What is wrong this time, in a sentence.</param>
/// <param name="Field">The header, parameter or part that is wrong; null when it is none.</param>
internal sealed record Problem(ProblemCode Code, string Detail, string? Field = null)
{
    /// <summary>What became of the change.</summary>
    public ProblemOutcome Outcome { get; init; } = ProblemOutcome.NotApplied;

    /// <summary>Whether the same request may be sent again and may then succeed.</summary>
    public bool Retryable { get; init; }

    /// <summary>The revision of the row's last change, for the ETag of a 412; 0 for none.</summary>
    public long RowRevision { get; init; }

    /// <summary>The oldest revision that can be read, for a 410; null otherwise.</summary>
    public long? OldestRevision { get; init; }

    /// <summary>Who holds the lock that the request is about: with which fence, since when (µs since 1970); null otherwise.</summary>
    public (string Owner, long Fence, long Since)? Holder { get; init; }

    /// <summary>The disks that a 507 names; empty otherwise.</summary>
    public IReadOnlyList<FullDisk> FullDisks { get; init; } = [];

    /// <summary>The verbs that a 405 names; null otherwise.</summary>
    public string? Allow { get; init; }

    /// <summary>The revision the answer stands for; null for the node's own.</summary>
    public long? Revision { get; init; }

    public static Problem Malformed(string field, string detail) => new(ProblemCode.Malformed, detail, field);

    public static Problem NotSupported(string field) =>
        new(ProblemCode.NotSupported, $"{field} is not supported by this version; nothing was done", field);
}
