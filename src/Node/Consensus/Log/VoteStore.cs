using RaftCluster.Node.Consensus.Log.Disk;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Consensus.Log;

/// <summary>
/// The term and vote in a small file beside the log's segments. A file that is missing next to a log with entries is
/// damage, as is a log that is missing next to a used vote file: a node must not begin anew under its old name.
/// </summary>
public sealed class VoteStore : IVoteStore
{
    private readonly IDiskFile _file;
    private readonly Action<int, string> _fatal;
    private readonly Lock _gate = new();
    private LogFailedException? _failure;
    private Vote _vote;

    private VoteStore(IDiskFile file, Action<int, string> fatal) => (_file, _fatal) = (file, fatal);

    /// <inheritdoc/>
    public long Term
    {
        get
        {
            lock (_gate)
            {
                return _vote.Term;
            }
        }
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> VotedFor
    {
        get
        {
            lock (_gate)
            {
                return _vote.VotedFor;
            }
        }
    }

    /// <summary>Whether one of the two copies was unreadable or older at opening, and was written again from the other: after a crash, or a sign that the disk rots.</summary>
    public bool WasMended { get; private set; }

    /// <summary>Opens the vote in <paramref name="folder"/>, or makes a new one there. To be called before <see cref="SegmentedLog.Open(string, SegmentedLogOptions, Action{int, string}?, bool)"/>.</summary>
    /// <param name="folder">The log's folder; made when it is missing.</param>
    /// <param name="fatal">
    /// Called at most once, with an <see cref="ExitCode"/> and a line, when the disk fails or the vote is damaged.
    /// Default: <see cref="FailStop.Now"/>. When it returns, every later <see cref="Save"/> throws <see cref="LogFailedException"/>.
    /// </param>
    /// <exception cref="LogFailedException">The delegate returned.</exception>
    public static VoteStore Open(string folder, Action<int, string>? fatal = null)
        => Open(folder, fatal ?? FailStop.Now, LocalDisk.Instance);

    /// <inheritdoc/>
    public void Save(long term, ReadOnlySpan<byte> votedFor)
    {
        lock (_gate)
        {
            if (_failure is { } failure)
            {
                throw new LogFailedException(failure.ExitCode, failure.Message);
            }

            Invariant.Holds(term >= _vote.Term, "a node's term never falls");
            Invariant.Holds(votedFor.Length <= Vote.MaximumName, "a voted-for name fits into the vote file");
            if (term == _vote.Term && votedFor.SequenceEqual(_vote.VotedFor.Span))
            {
                return;
            }

            var vote = new Vote(_vote.Sequence + 1, term, votedFor.ToArray());
            try
            {
                WriteCopy(_file, vote, 0);
                WriteCopy(_file, vote, VoteFile.CopyDistance);
            }
            catch (DiskException thrown)
            {
                _failure = Fault.Stop(_fatal, thrown);
                throw _failure;
            }

            _vote = vote;
        }
    }

    /// <summary>Closes the file. Nothing is left to write.</summary>
    public void Dispose() => _file.Dispose();

    internal static VoteStore Open(string folder, Action<int, string> fatal, IDisk disk)
    {
        try
        {
            disk.CreateFolder(folder);
            if (!disk.List(folder).Contains(LogFolder.Vote))
            {
                RequireEmptyLog(disk, folder);
                Create(disk, folder);
            }

            var store = new VoteStore(disk.Open(Path.Combine(folder, LogFolder.Vote), DiskOpen.ReadWrite), fatal);
            store.Load();
            return store;
        }
        catch (Exception thrown) when (thrown is DiskException or LogDamageException)
        {
            throw Fault.Stop(fatal, thrown);
        }
    }

    private static void Create(IDisk disk, string folder)
    {
        using (var file = disk.Open(Path.Combine(folder, LogFolder.NewVote), DiskOpen.Create))
        {
            WriteCopy(file, default, 0);
            WriteCopy(file, default, VoteFile.CopyDistance);
        }

        disk.Rename(Path.Combine(folder, LogFolder.NewVote), Path.Combine(folder, LogFolder.Vote));
        disk.SyncFolder(folder);
    }

    private static void RequireEmptyLog(IDisk disk, string folder)
    {
        var segments = LogFolder.Segments(disk, folder);
        if (segments.Count == 0)
        {
            return;
        }

        // The first segment without a first entry, though perhaps with a mark, is what a crash at the very beginning leaves.
        using var file = disk.Open(Path.Combine(folder, LogFolder.SegmentName(segments[0])), DiskOpen.Read);
        Span<byte> begin = stackalloc byte[LogRecord.HeaderBytes];
        var read = file.Read(SegmentHeader.RecordsBegin, begin);
        var hasEntries = begin[..read].ContainsAnyExcept((byte)0) && begin[LogRecord.KindAt] != LogRecord.Mark;
        if (segments.Count > 1 || segments[0] != 1 || hasEntries)
        {
            throw new LogDamageException(
                Path.Combine(folder, LogFolder.Vote), 0, index: null, "it is missing beside a log that has entries; a node that forgot its vote could vote twice in a term");
        }
    }

    private static void WriteCopy(IDiskFile file, in Vote vote, long offset)
    {
        Span<byte> bytes = stackalloc byte[VoteFile.CopyBytes];
        VoteFile.Write(bytes, vote, offset);
        file.Write(offset, bytes);
        file.Sync();
    }

    /// <summary>Reads the vote, and makes both copies agree before anybody acts on it: the one that was read may be in the system's memory only.</summary>
    private void Load()
    {
        var (first, second) = VoteFile.ReadCopies(_file);
        _vote = VoteFile.Newest(_file, first, second);
#if CHAOS
        if (Mutant.Is(Mutant.ForgetVote) && _vote.Term > 0)
        {
            _vote = _vote with { Term = _vote.Term - 1, VotedFor = default };
        }

#endif
        if (first?.Sequence == second?.Sequence)
        {
            return;
        }

        // The stale copy first, so that at no moment both are at risk.
        WasMended = true;
        var firstIsNewest = first?.Sequence == _vote.Sequence;
        WriteCopy(_file, _vote, firstIsNewest ? VoteFile.CopyDistance : 0);
        WriteCopy(_file, _vote, firstIsNewest ? 0 : VoteFile.CopyDistance);
    }
}
