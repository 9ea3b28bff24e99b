namespace RaftCluster.Client;

/// <summary>Which backup is asked for.</summary>
public sealed record BackupOptions
{
    /// <summary>What happened since this revision alone, to go on top of a backup that reaches it; null for a full backup.</summary>
    public long? Since { get; init; }

    /// <summary>
    /// How fresh: <see cref="Consistency.Linearizable"/> has all that was acknowledged before; <see cref="Consistency.Local"/>
    /// takes what the node has, and is the only one that serves when there is no leader.
    /// </summary>
    public Consistency Consistency { get; init; } = Consistency.Linearizable;
}

/// <summary>How far a backup has come.</summary>
/// <param name="Info">What it says of itself.</param>
/// <param name="Bytes">How many bytes have arrived.</param>
public sealed record BackupProgress(BackupInfo Info, long Bytes)
{
    /// <summary>About how many there will be; null when that is not known.</summary>
    public long? Expected => Info.Files.Count == 0 ? null : Math.Max(Bytes, Info.Files.Sum(file => file.Length));
}

/// <summary>A backup that was made.</summary>
/// <param name="Info">What it says of itself.</param>
/// <param name="Bytes">Its length in bytes.</param>
/// <param name="Sha256">The SHA-256 of all of it, which the node and this client agree on.</param>
public sealed record BackupResult(BackupInfo Info, long Bytes, ReadOnlyMemory<byte> Sha256);
