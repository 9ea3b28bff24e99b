#if CHAOS
namespace RaftCluster.StateMachine;

/// <summary>
/// What this build does wrong on purpose, so that the chaos harness can show that it would notice. There is nothing of it in any
/// build but the configuration Chaos.
/// </summary>
public static class Mutant
{
    /// <summary>Writes are acknowledged before they are synced, and synced when there is time.</summary>
    public const string AcknowledgeBeforeFlush = "acknowledge-before-flush";

    /// <summary>Linearizable reads are answered from what is at hand.</summary>
    public const string ReadWithoutBarrier = "read-without-barrier";

    /// <summary>Fences are not looked at.</summary>
    public const string IgnoreFence = "ignore-fence";

    /// <summary>What came of a request is forgotten after two seconds, as if a snapshot had left it out.</summary>
    public const string ForgetKeys = "forget-idempotency-keys";

    /// <summary>
    /// A follower that has to be sent a snapshot counts as one that has everything: for the library, and for the rules of a
    /// majority, which would put that right.
    /// </summary>
    public const string CountSnapshot = "count-snapshot-as-acknowledgement";

    /// <summary>Who waits is answered by the entry at his index, whoever's it is.</summary>
    public const string StaleContext = "take-stale-context";

    /// <summary>Of the change feed, every 97th revision is left out.</summary>
    public const string SkipChange = "skip-change-in-feed";

    /// <summary>Two entries in a row share a request id.</summary>
    public const string ShareRequestId = "share-request-id";

    /// <summary>A node that starts has forgotten its newest term and vote.</summary>
    public const string ForgetVote = "restore-without-newest-vote";

    /// <summary>
    /// Entries that a request repeats replace what stood there, and what stood behind them is gone, committed or not; and a
    /// connection that a newer one took the place of is still listened to, without which no old request would come.
    /// </summary>
    public const string TruncateOnRepeat = "truncate-on-stale-request";

    /// <summary>A disk error is passed over.</summary>
    public const string ServeAfterDiskError = "serve-after-disk-error";

    /// <summary>An entry is applied at the time of the node's own clock.</summary>
    public const string ApplyWithLocalClock = "apply-with-local-clock";

    /// <summary>All of them.</summary>
    public static readonly IReadOnlyList<string> All =
    [
        AcknowledgeBeforeFlush, ReadWithoutBarrier, IgnoreFence, ForgetKeys, CountSnapshot, StaleContext, SkipChange, ShareRequestId,
        ForgetVote, TruncateOnRepeat, ServeAfterDiskError, ApplyWithLocalClock,
    ];

    private static string? _active;

    /// <summary>The node's own clock, in microseconds since 1970 (UTC).</summary>
    public static Func<long> LocalClock { get; private set; } = () => 0;

    /// <summary>Decides once, before anything else happens.</summary>
    /// <param name="name">The mutant; null for none.</param>
    /// <param name="localClock">The node's own clock.</param>
    public static void Begin(string? name, Func<long> localClock) => (_active, LocalClock) = (name, localClock);

    /// <summary>Whether it is this one.</summary>
    public static bool Is(string name) => _active == name;
}
#endif
