using RaftCluster.Node.Consensus.Log.Disk;

namespace RaftCluster.Node.Consensus.Log;

/// <summary>
/// Makes segment files. One spare is kept ready, its room taken from the disk, so that a sync of records has no
/// metadata to write. It becomes a segment only when its header is on the disk.
/// </summary>
internal sealed class SegmentFactory(IDisk disk, string folder, SegmentedLogOptions options, Func<ulong> salts, Action<Exception> failed)
    : IDisposable
{
    private readonly string _sparePath = Path.Combine(folder, LogFolder.Spare);
    private Task<IDiskFile>? _spare;

    /// <summary>Begins a segment after <paramref name="previous"/>, durably.</summary>
    /// <param name="previous">The segment before it, all of whose records are synced; null for the first.</param>
    /// <param name="baseIndex">The log's last index.</param>
    /// <param name="baseTerm">The log's last term.</param>
    /// <param name="previousEnd">Where the records of <paramref name="previous"/> end.</param>
    /// <param name="recordBytes">The room needed for records, whatever <see cref="SegmentedLogOptions.SegmentBytes"/> says.</param>
    /// <param name="anew">Whether the log begins anew here: what earlier segments hold is void.</param>
    public Segment Begin(Segment? previous, long baseIndex, long baseTerm, long previousEnd, int recordBytes, bool anew = false)
    {
        var header = new SegmentHeader(
            (previous?.Header.Sequence ?? 0) + 1,
            salts(),
            baseIndex,
            baseTerm,
            previous is null ? 0 : previousEnd,
            previous?.Salt ?? 0,
            anew);
        var file = TakeSpare();
        if (file.Length < SegmentHeader.RecordsBegin + (long)recordBytes)
        {
            file.Allocate(SegmentHeader.RecordsBegin + (long)recordBytes);
        }

        Span<byte> bytes = stackalloc byte[SegmentHeader.Bytes];
        header.Write(bytes);
        file.Write(0, bytes);
        file.Sync();
        file.Rename(Path.Combine(folder, LogFolder.SegmentName(header.Sequence)));
        disk.SyncFolder(folder);
        return new Segment(file, header, file.Length);
    }

    /// <summary>Makes the next segment's file ready in the background, if that is wanted and not done yet.</summary>
    /// <param name="zeroed">
    /// Whether to write zeros through all of it: a first write into room that was only reserved costs the file system a
    /// journal commit, which a small sync feels; but it doubles what is written, which a bulk copy feels.
    /// </param>
    public void PrepareAhead(bool zeroed)
    {
        if (_spare is null && options.PrepareAhead)
        {
            _spare = Task.Factory.StartNew(
                () => PrepareOrReport(zeroed), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    /// <summary>Removes a dropped segment from the folder, durably: as the next spare if none is ready, and nobody reads it any more.</summary>
    public void Remove(Segment segment)
    {
        var closed = segment.Release();
        if (closed && _spare is null && segment.Size == options.SegmentBytes)
        {
            disk.Rename(segment.File.Path, _sparePath);
            disk.SyncFolder(folder); // Before the file is used again: its old name must not lead to a new header.
            _spare = Task.FromResult(disk.Open(_sparePath, DiskOpen.ReadWrite));
        }
        else
        {
            disk.Delete(segment.File.Path);
            disk.SyncFolder(folder);
        }
    }

    public void Dispose()
    {
        if (_spare is { } spare)
        {
            // Its failure was reported where it happened; here it only must have ended.
            ((IAsyncResult)spare).AsyncWaitHandle.WaitOne();
            if (spare.IsCompletedSuccessfully)
            {
                spare.Result.Dispose();
            }
        }
    }

    private IDiskFile TakeSpare()
    {
        var spare = _spare;
        _spare = null;
        return spare is null ? Prepare(zeroed: true) : spare.GetAwaiter().GetResult();
    }

    private IDiskFile PrepareOrReport(bool zeroed)
    {
        try
        {
            return Prepare(zeroed);
        }
        catch (Exception thrown)
        {
            failed(thrown); // At once: the writer may not ask for the spare for hours.
            throw;
        }
    }

    private IDiskFile Prepare(bool zeroed)
    {
        var file = disk.Open(_sparePath, DiskOpen.Create);
        if (file.Length == options.SegmentBytes)
        {
            return file; // Left by an earlier run. Whatever it holds, no checksum of it fits a new salt.
        }

        file.SetLength(0);
        file.Allocate(options.SegmentBytes);
        if (zeroed)
        {
            var zeros = new byte[Math.Min(options.SegmentBytes, 1 << 20)];
            for (var at = 0; at < options.SegmentBytes; at += zeros.Length)
            {
                file.Write(at, zeros.AsSpan(0, Math.Min(zeros.Length, options.SegmentBytes - at)));
            }
        }

        file.Sync();
        return file;
    }
}
