using RaftCluster.Node.Consensus.Log.Disk;

namespace RaftCluster.Node.Consensus.Snapshots;

/// <summary>
/// A snapshot on its way in, file by file, into a folder of its own. A file has its name when all of it is on the disk;
/// so after a break the next byte wanted is known, and after a crash the next file.
/// </summary>
internal sealed class IncomingSnapshot : IDisposable
{
    /// <summary>What stands behind the name of a file that is not whole yet.</summary>
    public const string Unfinished = ".part";

    // Brought to disk a little at a time: one large sync would hold up those of the log.
    private const int SyncBytes = 4 << 20;

    private readonly IDisk _disk;
    private IDiskFile? _open;

    private IncomingSnapshot(IDisk disk, string folder, SnapshotManifest manifest, int file) =>
        (_disk, Folder, Manifest, File) = (disk, folder, manifest, file);

    public string Folder { get; }

    public SnapshotManifest Manifest { get; }

    /// <summary>The number of the file wanted next; as many as there are when all is here.</summary>
    public int File { get; private set; }

    /// <summary>Where in that file.</summary>
    public long Offset { get; private set; }

    /// <summary>How many bytes are here.</summary>
    public long Received => Manifest.BytesBefore(File, Offset);

    /// <summary>Whether all of it is here, and on the disk.</summary>
    public bool IsComplete => File == Manifest.Files.Length;

    /// <summary>Goes on with what a folder has, or begins.</summary>
    /// <exception cref="DiskException">The disk failed, or is full.</exception>
    public static IncomingSnapshot Open(IDisk disk, string folder, SnapshotManifest manifest)
    {
        disk.CreateFolder(folder);
        var here = disk.List(folder).ToHashSet(StringComparer.Ordinal);
        var file = 0;
        while (file < manifest.Files.Length && here.Contains(manifest.Files[file].Name))
        {
            file++;
        }

        if (file > 0)
        {
            // The process may have ended between naming a file and syncing the folder: what counts as here must stay.
            disk.SyncFolder(folder);
        }

        return new IncomingSnapshot(disk, folder, manifest, file);
    }

    /// <summary>Takes the next bytes.</summary>
    /// <exception cref="InvalidDataException">They are more than the file has.</exception>
    /// <exception cref="DiskException">The disk failed, or is full.</exception>
    public void Take(ReadOnlySpan<byte> bytes)
    {
        var (name, length) = IsComplete ? default : Manifest.Files[File];
        if (IsComplete || Offset + bytes.Length > length)
        {
            throw new InvalidDataException($"more bytes than {name} of the snapshot has");
        }

        _open ??= _disk.Open(Path.Combine(Folder, name + Unfinished), DiskOpen.Create);
        _open.Write(Offset, bytes);
        var before = Offset;
        Offset += bytes.Length;
        if (Offset / SyncBytes > before / SyncBytes && Offset < length)
        {
            _open.Sync();
        }

        if (Offset == length)
        {
            Finish(_open, name, length);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _open?.Dispose();

    private void Finish(IDiskFile file, string name, long length)
    {
        file.SetLength(length); // An earlier, broken transfer may have left more.
        file.Sync();
        file.Rename(Path.Combine(Folder, name));
        file.Dispose();
        _disk.SyncFolder(Folder);
        (_open, Offset) = (null, 0);
        File++;
    }
}
