using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using RaftCluster.Node.Consensus.Elections;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Log.Disk;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Consensus.Snapshots;

/// <summary>
/// The folders of rows in a node's data folder: the one in use, one that a snapshot is being received into, copies that
/// are being sent. What no pointer names is what a crash left behind, and goes at the next start.
/// </summary>
internal sealed class StoreFolders
{
    /// <summary>How the names of copies begin that are being sent.</summary>
    public const string CopyPrefix = "copy.";

    /// <summary>How the names of folders begin into which damaged logs were set aside.</summary>
    public const string AsidePrefix = "damaged.";

    private const string IncomingName = "incoming";
    private const string StorePrefix = "store.";

    private readonly IDisk _disk;
    private readonly string _data;
    private readonly Lock _pointing = new();
    private readonly HashSet<string> _stillRead = [];

    private StoreFolders(IDisk disk, string data, StorePointer pointer) => (_disk, _data, Pointer) = (disk, data, pointer);

    public StorePointer Pointer { get; private set; }

    /// <summary>The folder that holds the rows, as a full path.</summary>
    public string Current => Path.Combine(_data, Pointer.Folder);

    /// <summary>Whether the node is drained.</summary>
    public DrainMark Drain => new(_disk, _data);

    /// <summary>A snapshot that was being received when the process ended; null for none.</summary>
    public IncomingSnapshot? Incoming { get; private set; }

    /// <summary>Reads what a data folder has, and removes what no run can use any more.</summary>
    /// <exception cref="LogDamageException">The pointer is damaged.</exception>
    /// <exception cref="DiskException">The disk failed.</exception>
    public static StoreFolders Open(IDisk disk, string data)
    {
        disk.CreateFolder(data);

        // What an earlier process named last may be in the system's memory only, and things are removed on its strength.
        disk.SyncFolder(data);
        var folders = new StoreFolders(disk, data, StorePointer.Read(disk, data));
        folders.Incoming = folders.ReadIncoming();
        if (folders.Incoming is null && disk.List(data).Contains(IncomingName))
        {
            disk.Delete(Path.Combine(data, IncomingName));
        }

        if (folders.Pointer.Phase == RebuildPhase.Noted)
        {
            folders.BeginRebuild(folders.Pointer.Reason);
        }

        folders.CleanRows();
        foreach (var copy in folders.Names(CopyPrefix))
        {
            disk.DeleteFolder(Path.Combine(data, copy));
        }

        disk.SyncFolder(data);
        return folders;
    }

    /// <summary>A folder for a copy to send, which does not exist yet.</summary>
    public string NextCopy() => Path.Combine(_data, Next(CopyPrefix));

    /// <summary>Removes a folder and all that is in it.</summary>
    public void Remove(string folder)
    {
        _disk.DeleteFolder(folder);
        _disk.SyncFolder(_data);
    }

    /// <summary>Begins to receive a snapshot, or goes on with it; what was received of another one is let go.</summary>
    public IncomingSnapshot Receive(SnapshotManifest manifest)
    {
        if (Incoming is { } begun && begun.Manifest.Id == manifest.Id && begun.Manifest.Files.SequenceEqual(manifest.Files))
        {
            return begun;
        }

        Forget();
        var name = Next(StorePrefix);
        WriteIncoming(name, manifest);
        return Incoming = IncomingSnapshot.Open(_disk, Path.Combine(_data, name), manifest);
    }

    /// <summary>Lets go of what was received.</summary>
    public void Forget()
    {
        if (Incoming is { } begun)
        {
            begun.Dispose();
            Incoming = null;
            _disk.Delete(Path.Combine(_data, IncomingName));
            _disk.DeleteFolder(begun.Folder);
            _disk.SyncFolder(_data);
        }
    }

    /// <summary>
    /// From now on, and after any crash, the rows are those that were received. The old folder stays until <see cref="CleanRows"/>,
    /// or until <see cref="RemoveWhenLeftAsync"/> where that is called.
    /// </summary>
    public void SwitchToReceived()
    {
        var received = Incoming;
        Invariant.Holds(received is { IsComplete: true }, "only a whole snapshot takes the rows' place");
        var position = received.Manifest.Position;
        Point(Pointer with { Folder = Path.GetFileName(received.Folder), Index = position.Index, Term = position.Term });
        received.Dispose();
        Incoming = null;
        _disk.Delete(Path.Combine(_data, IncomingName));
        _disk.SyncFolder(_data);
    }

    /// <summary>
    /// The rows turned out damaged while they were in use, so the process ends: leaves a note, upon which the next start
    /// rebuilds the node from the others, though the rows may open without a complaint.
    /// </summary>
    public void NoteDamage(string reason)
    {
        lock (_pointing)
        {
            Point(Pointer with { Phase = RebuildPhase.Noted, Reason = reason });
        }
    }

    /// <summary>
    /// Damage was found: from now on this node counts as one that has nothing, until it has caught up. What was set aside
    /// at an earlier time goes.
    /// </summary>
    public void BeginRebuild(string reason)
    {
        Forget();
        if (Pointer.Phase != RebuildPhase.Clearing)
        {
            foreach (var earlier in Names(AsidePrefix))
            {
                _disk.DeleteFolder(Path.Combine(_data, earlier));
            }

            _disk.SyncFolder(_data);
        }

        Point(new StorePointer(Next(StorePrefix), 0, 0, RebuildPhase.Clearing, reason));
    }

    /// <summary>Sets the log's files aside, where an operator can look at them, or goes on with that after a crash.</summary>
    /// <param name="log">The log's folder.</param>
    /// <returns>Where they are now.</returns>
    public string SetAside(string log)
    {
        Invariant.Holds(Pointer.Phase == RebuildPhase.Clearing, "a log is set aside only when it is damaged");
        var begun = Names(AsidePrefix).FirstOrDefault();
        var folder = Path.Combine(_data, begun ?? Next(AsidePrefix));
        var names = LogFolder.Segments(_disk, log);
        if (begun is not null || names.Count > 0)
        {
            _disk.CreateFolder(folder);

            // The newest first: what a crash leaves then is a log without its end, never one with a gap.
            foreach (var name in names.AsEnumerable().Reverse().Select(LogFolder.SegmentName))
            {
                _disk.Rename(Path.Combine(log, name), Path.Combine(folder, name));
            }

            _disk.SyncFolder(folder);
            _disk.SyncFolder(log);
        }

        Point(Pointer with { Phase = RebuildPhase.CatchingUp });
        return folder;
    }

    /// <summary>The node has caught up: it counts again.</summary>
    public void EndRebuild()
    {
        Point(Pointer with { Phase = RebuildPhase.None, Reason = "" });
        CleanRows();
    }

    /// <summary>Removes rows that are not in use and not being received, except while damage is being mended.</summary>
    public void CleanRows()
    {
        lock (_stillRead)
        {
            string?[] kept = [Pointer.Folder, Path.GetFileName(Incoming?.Folder), .. _stillRead];
            var rows = Pointer.Phase == RebuildPhase.None ? Names(StorePrefix).Append(StorePointer.First.Folder) : [];
            foreach (var name in rows.Where(name => !kept.Contains(name)))
            {
                _disk.DeleteFolder(Path.Combine(_data, name));
            }

            _disk.SyncFolder(_data);
        }
    }

    /// <summary>
    /// Removes rows that were in use when nobody reads them any more, unless damage is being mended: then they stay for
    /// <see cref="CleanRows"/>. What a crash leaves of them goes at the next start.
    /// </summary>
    /// <param name="folder">Where they are, as a full path; not <see cref="Current"/> any more.</param>
    /// <param name="left">Completes when nobody reads them.</param>
    /// <exception cref="DiskException">The disk failed.</exception>
    public async Task RemoveWhenLeftAsync(string folder, Task left)
    {
        var name = Path.GetFileName(folder);
        lock (_stillRead)
        {
            _stillRead.Add(name);
        }

        await left.ConfigureAwait(false);
        lock (_stillRead)
        {
            _stillRead.Remove(name);
            if (Pointer.Phase == RebuildPhase.None)
            {
                Remove(folder);
            }
        }
    }

    private void Point(StorePointer to)
    {
        lock (_pointing)
        {
            to.Write(_disk, _data);
            Pointer = to;
        }
    }

    private List<string> Names(string prefix) =>
        [.. _disk.ListFolders(_data).Where(name => name.StartsWith(prefix, StringComparison.Ordinal))];

    private string Next(string prefix)
    {
        var taken = Names(prefix).Append(Pointer.Folder).ToHashSet(StringComparer.Ordinal);
        var number = 1;
        while (taken.Contains(prefix + number.ToString(CultureInfo.InvariantCulture)))
        {
            number++;
        }

        return prefix + number.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>XxHash3 of the rest, length of the folder's name, the name, the manifest.</summary>
    private void WriteIncoming(string folder, SnapshotManifest manifest)
    {
        var encoded = manifest.Encode();
        var bytes = new byte[8 + 1 + folder.Length + encoded.Length];
        bytes[8] = (byte)folder.Length;
        Encoding.ASCII.GetBytes(folder, bytes.AsSpan(9));
        encoded.CopyTo(bytes, 9 + folder.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, XxHash3.HashToUInt64(bytes.AsSpan(8)));
        SmallFile.Replace(_disk, Path.Combine(_data, IncomingName), bytes);
    }

    /// <summary>What can't be read is not gone on with: it is only a copy on its way.</summary>
    private IncomingSnapshot? ReadIncoming()
    {
        if (SmallFile.Read(_disk, Path.Combine(_data, IncomingName)) is not { Length: >= 9 } bytes
            || XxHash3.HashToUInt64(bytes.AsSpan(8)) != BinaryPrimitives.ReadUInt64LittleEndian(bytes))
        {
            return null;
        }

        var folder = Encoding.ASCII.GetString(bytes.AsSpan(9, bytes[8]));
        try
        {
            return folder == Pointer.Folder
                ? null
                : IncomingSnapshot.Open(_disk, Path.Combine(_data, folder), SnapshotManifest.Decode(bytes.AsSpan(9 + bytes[8])));
        }
        catch (InvalidDataException)
        {
            return null; // Begun under an earlier version.
        }
    }
}
