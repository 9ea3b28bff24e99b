using System.Collections.Immutable;
using RaftCluster.Node.Consensus.Log.Disk;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Replay;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Node.Backups;

/// <summary>A full backup and the increments on top of it, in order.</summary>
internal sealed class BackupChain
{
    private BackupChain(ImmutableArray<string> files, ImmutableArray<BackupHeader> headers) => (Files, Headers) = (files, headers);

    /// <summary>The files.</summary>
    public ImmutableArray<string> Files { get; }

    /// <summary>What each says of itself.</summary>
    public ImmutableArray<BackupHeader> Headers { get; }

    /// <summary>Reads what files say of themselves, and sees that each goes on where the one before it ends.</summary>
    /// <exception cref="BackupException">One is none, or is damaged at its beginning, or something is missing between two.</exception>
    /// <exception cref="IOException">One can't be read.</exception>
    public static BackupChain Read(IEnumerable<string> files)
    {
        ImmutableArray<string> all = [.. files];
        var headers = ImmutableArray.CreateBuilder<BackupHeader>();
        foreach (var file in all)
        {
            using var reader = BackupReader.Open(file);
            var next = reader.Header;
            if (Fault(file, next, headers.Count == 0 ? null : (all[headers.Count - 1], headers[^1]), headers.FirstOrDefault()) is { } fault)
            {
                throw new BackupException(fault, ExitCode.Usage);
            }

            headers.Add(next);
        }

        return new BackupChain(all, headers.ToImmutable());
    }

    /// <summary>Checks everything, without putting it together.</summary>
    /// <exception cref="BackupException">A file is damaged.</exception>
    public void CheckBytes()
    {
        foreach (var file in Files)
        {
            using var reader = BackupReader.Open(file);
            if (reader.Header.IsIncrement)
            {
                new IncrementReplay(reader, target: null).Run();
            }
            else
            {
                reader.ReadFiles(static _ => Stream.Null);
            }
        }
    }

    /// <summary>Puts the store together, and checks everything on the way; all of it is on the disk afterwards.</summary>
    /// <param name="folder">Where: a folder that does not exist yet.</param>
    /// <param name="upTo">The revision to stop at; null for the last one there is.</param>
    /// <returns>The position at which it stands.</returns>
    /// <exception cref="BackupException">A file is damaged, or does not hold what it says.</exception>
    /// <exception cref="StorageException">The disk failed, or the files make no store that this version can use.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public AppliedPosition Assemble(string folder, long? upTo)
    {
        if (upTo < Headers[0].Revision || upTo > Headers[^1].Revision)
        {
            throw new BackupException($"revision {upTo} is not in them: they go from {Headers[0].Revision} to {Headers[^1].Revision}", ExitCode.Usage);
        }

        Unpack(folder);
        for (var at = 1; at < Files.Length && Headers[at - 1].Revision < (upTo ?? long.MaxValue); at++)
        {
            Apply(Files[at], folder, upTo ?? long.MaxValue);
        }

        return RowStore.PositionOf(folder);
    }

    private static string? Fault(string file, BackupHeader next, (string File, BackupHeader Header)? before, BackupHeader? first)
    {
        if (before is not { } previous || first is null)
        {
            return next.IsIncrement
                ? $"{file} is an increment since revision {next.Since}: name the full backup it goes on first"
                : null;
        }

        if (!next.IsIncrement)
        {
            return $"{file} is a full backup, and only the first file may be one";
        }

        if (next.ClusterId != first.ClusterId || next.Epoch != first.Epoch)
        {
            return $"{file} is of cluster {next.ClusterId}, epoch {next.Epoch}, and those before it of {first.ClusterId}, epoch {first.Epoch}";
        }

        if (next.Since > previous.Header.Revision)
        {
            return $"revisions {previous.Header.Revision + 1} to {next.Since} are missing: {previous.File} ends at {previous.Header.Revision}, "
                + $"and {file} goes on {next.Since}";
        }

        return next.Revision < previous.Header.Revision || next.Index < previous.Header.Index
            ? $"{file} ends at revision {next.Revision}, and {previous.File} before it at {previous.Header.Revision}: name them in their order"
            : null;
    }

    private void Unpack(string folder)
    {
        var disk = LocalDisk.Instance;
        disk.CreateFolder(folder);
        using (var reader = BackupReader.Open(Files[0]))
        {
            reader.ReadFiles(file => new FileStream(Path.Combine(folder, file.Name), FileMode.CreateNew, FileAccess.Write));
        }

        foreach (var file in Headers[0].Files)
        {
            using var written = disk.Open(Path.Combine(folder, file.Name), DiskOpen.ReadWrite);
            written.Sync();
        }

        disk.SyncFolder(folder);
        var found = RowStore.PositionOf(folder);
        if (found != Headers[0].Position)
        {
            throw new BackupException(
                $"{Files[0]} holds rows that stand at revision {found.Revision} with state hash {found.StateHash:x32}, and says revision "
                    + $"{Headers[0].Revision} with {Headers[0].StateHash}");
        }
    }

    private static void Apply(string file, string folder, long upTo)
    {
        using var reader = BackupReader.Open(file);
        using var store = HistoryReplay.Open(folder);
        try
        {
            new IncrementReplay(reader, store, upTo).Run();
        }
        catch (HistoryMismatchException other)
        {
            throw new BackupException($"{file} does not continue what is before it: {other.Message}");
        }
        catch (InvariantException malformed)
        {
            throw new BackupException($"{file} holds what this version can't read: {malformed.Message}");
        }
    }
}
