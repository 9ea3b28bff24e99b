using System.Collections.Immutable;
using System.Security.Cryptography;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Node.Consensus.Snapshots;

/// <summary>
/// Copies of this node's rows that are being sent. Several followers share one; it stays for a while after its last use,
/// so that a transfer that broke off goes on with it, and the log behind it is kept as long.
/// </summary>
internal sealed class SnapshotShelf(
    IStateMachine machine, StoreFolders folders, Func<long, ConfigurationAt> configurationAt, TimeProvider time, Action<string, string> gone)
    : IAsyncDisposable
{
    /// <summary>How long a copy stays when nobody uses it.</summary>
    private static readonly TimeSpan _linger = TimeSpan.FromMinutes(1);

    /// <summary>How old a copy may be for a new transfer to begin with it: the younger, the less of the log follows it.</summary>
    private static readonly TimeSpan _fresh = TimeSpan.FromMinutes(5);

    private readonly Turn _making = new();
    private readonly Lock _gate = new();
    private readonly List<SnapshotCopy> _copies = [];
    private bool _disposed;

    /// <summary>The lowest index that a copy stands at; null when there is none. The log must keep what comes after it.</summary>
    public long? Lowest
    {
        get
        {
            lock (_gate)
            {
                return _copies.Count == 0 ? null : _copies.Min(copy => copy.Manifest.Position.Index);
            }
        }
    }

    /// <summary>A copy to send, made now or lately. Its user returns it.</summary>
    /// <param name="atLeast">The index it must at least stand at.</param>
    /// <param name="begun">The one that the receiver has begun with: it is gone on with, however old; null for none.</param>
    /// <param name="token">Ends the wait for one that another user is making.</param>
    /// <exception cref="StorageException">The copy can't be made, or is damaged: its files are those of this node's rows.</exception>
    public async Task<SnapshotCopy> TakeAsync(long atLeast, SnapshotCopy? begun, CancellationToken token)
    {
        using var turn = await _making.TakeAsync(token).ConfigureAwait(false);
        if (Reuse(atLeast, begun) is { } made)
        {
            return made;
        }

        // RocksDB writes out what is in memory first: not on a thread that others wait for.
        var copy = await Task.Run(Make, CancellationToken.None).ConfigureAwait(false);
        lock (_gate)
        {
            _copies.Add(copy);
        }

        return copy;
    }

    /// <summary>Ends a use of a copy.</summary>
    public void Return(SnapshotCopy copy)
    {
        lock (_gate)
        {
            if (--copy.Users == 0 && !_disposed)
            {
                copy.Expiry = time.CreateTimer(_ => Expire(copy), null, _linger, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Waits until no copy is being made, and lets none be made any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _making.TakeAsync().ConfigureAwait(false);
        lock (_gate)
        {
            _disposed = true;
            foreach (var copy in _copies)
            {
                copy.Expiry?.Dispose();
            }
        }
    }

    private SnapshotCopy? Reuse(long atLeast, SnapshotCopy? begun)
    {
        lock (_gate)
        {
            var copy = _copies.FindLast(copy =>
                copy.Manifest.Position.Index >= atLeast && (copy == begun || time.GetElapsedTime(copy.MadeAt) < _fresh));
            if (copy is not null)
            {
                copy.Users++;
                copy.Expiry?.Dispose();
                copy.Expiry = null;
            }

            return copy;
        }
    }

    private SnapshotCopy Make()
    {
        var folder = folders.NextCopy();
        var position = machine.Checkpoint(folder);
        try
        {
            // A rotten block of this node's must not become the only one that all have.
            RowStore.Verify(folder);
        }
        catch (StorageException)
        {
            Remove(folder);
            throw;
        }

        Span<byte> id = stackalloc byte[16];
        RandomNumberGenerator.Fill(id);
        var files = new DirectoryInfo(folder).EnumerateFiles()
            .OrderBy(file => file.Name, StringComparer.Ordinal)
            .Select(file => new SnapshotFile(file.Name, file.Length))
            .ToImmutableArray();
        return new SnapshotCopy(
            folder,
            new SnapshotManifest(BitConverter.ToUInt128(id), position, files, configurationAt(position.Index)),
            time.GetTimestamp())
        { Users = 1 };
    }

    private void Remove(string folder)
    {
        try
        {
            folders.Remove(folder);
        }
        catch (IOException left)
        {
            // It costs room until the next start, and nothing else.
            gone(folder, left.Message);
        }
    }

    private void Expire(SnapshotCopy copy)
    {
        lock (_gate)
        {
            if (copy.Users > 0 || _disposed || !_copies.Remove(copy))
            {
                return;
            }

            copy.Expiry?.Dispose();
        }

        Remove(copy.Folder);
    }
}

/// <summary>A copy of the rows on the shelf.</summary>
internal sealed class SnapshotCopy(string folder, SnapshotManifest manifest, long madeAt)
{
    public string Folder => folder;

    public SnapshotManifest Manifest => manifest;

    public long MadeAt => madeAt;

    /// <summary>How many send it now. Guarded by the shelf.</summary>
    public int Users { get; set; }

    /// <summary>Removes it when nobody has used it for a while. Guarded by the shelf.</summary>
    public ITimer? Expiry { get; set; }
}
