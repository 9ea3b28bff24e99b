namespace RaftCluster.StateMachine;

/// <summary>What a store has to say of itself to who measures. Cheap to ask for: no file is read.</summary>
public sealed record StoreFigures
{
    /// <summary>Nothing.</summary>
    public static StoreFigures None { get; } = new();

    /// <summary>Its parts, each kept in files of its own.</summary>
    public IReadOnlyList<FamilyFigures> Families { get; init; } = [];

    /// <summary>Rewrites of files that run now.</summary>
    public long RunningCompactions { get; init; }

    /// <summary>Writings of memory to disk that run now.</summary>
    public long RunningFlushes { get; init; }

    /// <summary>Whether writes wait until memory is written out or files are rewritten.</summary>
    public bool IsWriteStopped { get; init; }

    /// <summary>To how many bytes a second writes are slowed down; 0 when they are not.</summary>
    public long DelayedWriteRate { get; init; }

    /// <summary>How often writes were slowed down, since the folder was opened.</summary>
    public long WriteDelays { get; init; }

    /// <summary>How often writes were stopped, since the folder was opened.</summary>
    public long WriteStops { get; init; }

    /// <summary>Bytes of files that are kept in memory.</summary>
    public long BlockCacheBytes { get; init; }

    /// <summary>How many bytes of files may be kept in memory.</summary>
    public long BlockCacheCapacity { get; init; }

    /// <summary>Bytes of memory for indexes and filters beside the cache.</summary>
    public long TableReaderBytes { get; init; }

    /// <summary>How often something failed behind the scenes, since the folder was opened.</summary>
    public long BackgroundErrors { get; init; }

    /// <summary>How many outcomes are kept under idempotency keys.</summary>
    public long KeptOutcomes { get; init; }

    /// <summary>The bytes of those outcomes.</summary>
    public long KeptOutcomeBytes { get; init; }
}

/// <summary>A part of a store that is kept in files of its own.</summary>
/// <param name="Name">Its name, one of a few.</param>
/// <param name="FileBytes">The bytes of its files.</param>
/// <param name="MemoryBytes">The bytes that are in memory alone.</param>
/// <param name="Keys">About how many keys it has.</param>
/// <param name="NewestFiles">How many files there are that a look-up must go through one by one.</param>
/// <param name="PendingCompactionBytes">About how many bytes have to be rewritten before all is in order.</param>
public sealed record FamilyFigures(string Name, long FileBytes, long MemoryBytes, long Keys, long NewestFiles, long PendingCompactionBytes);
