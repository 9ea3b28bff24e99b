using System.Collections.Immutable;

namespace RaftCluster.Client;

/// <summary>How a lock is acquired and held.</summary>
public sealed record LockOptions
{
    /// <summary>How long the lock outlives its holder's last sign of life; signs are sent at a third of it. Default: 10 seconds.</summary>
    public TimeSpan TimeToLive { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long to wait in the lock's queue, first come first served; null for the method's own default: to wait as long as it
    /// takes for <see cref="LockClient.AcquireAsync"/>, not at all for <see cref="LockClient.TryAcquireAsync"/>. Who waits for
    /// longer than half an hour begins again at the queue's end.
    /// </summary>
    public TimeSpan? Wait { get; init; }

    /// <summary>
    /// Who holds it; null for a name that nobody else has. To the cluster the same owner is the same holder: two handles with
    /// one given name hold the lock together.
    /// </summary>
    public string? Owner { get; init; }

    /// <summary>
    /// Rows that only the holder may write, with the fence: guarded from the first grant on, also while nobody holds the lock,
    /// until the guard is dropped (<see cref="LockRelease.DropGuard"/>). All are of one table.
    /// </summary>
    public ImmutableArray<LockGuard> Guard { get; init; } = [];

    /// <summary>How long to try beyond the waiting; null for the client's <see cref="RaftClusterOptions.Patience"/>.</summary>
    public TimeSpan? Patience { get; init; }
}

/// <summary>Rows that only a lock's holder may write.</summary>
/// <param name="Table">Their table.</param>
/// <param name="Prefix">How their keys begin.</param>
public sealed record LockGuard(string Table, string Prefix)
{
    /// <summary>Rows of <c>kv</c>.</summary>
    /// <param name="prefix">How their keys begin.</param>
    public static LockGuard Kv(string prefix) => new("kv", prefix);
}

/// <summary>Whose hold on a lock is to end.</summary>
public sealed record LockRelease
{
    /// <summary>The owner's, whether it holds the lock or waits for it.</summary>
    public string? Owner { get; init; }

    /// <summary>This grant's.</summary>
    public long? Fence { get; init; }

    /// <summary>Whoever's it is.</summary>
    public bool Force { get; init; }

    /// <summary>Also opens the rows that the lock guards to everybody.</summary>
    public bool DropGuard { get; init; }

    /// <summary>How long to try; null for the client's <see cref="RaftClusterOptions.Patience"/>.</summary>
    public TimeSpan? Patience { get; init; }
}

/// <summary>What is known of a lock.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Owner">Who holds it; null for nobody.</param>
/// <param name="Fence">The number of the holder's grant; without a holder, of the last one.</param>
/// <param name="Lease">The lease that keeps it.</param>
/// <param name="Since">Since when it is held.</param>
/// <param name="Guard">The rows it guards.</param>
/// <param name="Waiters">Who waits for it, the next first.</param>
public sealed record LockStatus(
    string Name,
    string? Owner,
    long Fence,
    long? Lease,
    DateTimeOffset? Since,
    IReadOnlyList<LockGuard> Guard,
    IReadOnlyList<LockWaiter> Waiters);

/// <summary>Who waits for a lock.</summary>
/// <param name="Owner">Who.</param>
/// <param name="Lease">The lease that keeps its place.</param>
/// <param name="Since">Since when.</param>
public sealed record LockWaiter(string Owner, long? Lease, DateTimeOffset? Since);

/// <summary>What came of trying to acquire a lock.</summary>
public abstract record LockResult
{
    private LockResult()
    {
    }

    /// <summary>It is held: release it by disposing of the handle.</summary>
    /// <param name="Handle">The hold on it.</param>
    public sealed record Acquired(LockHandle Handle) : LockResult;

    /// <summary>Another holds it, and the time for waiting is over.</summary>
    /// <param name="Owner">Who.</param>
    /// <param name="Fence">The number of its grant.</param>
    /// <param name="Since">Since when.</param>
    public sealed record Held(string? Owner, long? Fence, DateTimeOffset? Since) : LockResult
    {
        internal string By => (Owner, Since) switch
        {
            (null, _) => " by another",
            (var owner, null) => $" by '{owner}'",
            (var owner, { } since) => $" by '{owner}' since {since:yyyy-MM-dd'T'HH:mm:ss'Z'}",
        };
    }
}
