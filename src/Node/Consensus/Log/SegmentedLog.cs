using System.Security.Cryptography;
using RaftCluster.Node.Consensus.Log.Disk;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Consensus.Log;

/// <summary>
/// The Raft log in append-only files of checksummed records. Appenders put entries into memory and return; one thread
/// writes all that has gathered and syncs it once. The files' format is in docs/formats/log.md.
/// </summary>
public sealed partial class SegmentedLog : IRaftLog
{
    private readonly SegmentedLogOptions _options;
    private readonly Action<int, string> _fatal;

    // Guards all that follows. Held for memory work only, never across a disk call.
    private readonly object _gate = new();
    private readonly LogIndex _index;
    private TermIndex _terms;
    private RecentEntries _recent;
    private readonly SyncWaiters _waiters = new();
    private List<Pending> _pending = [];
    private LogFailedException? _failure;
    private long _lastIndex;
    private long _firstIndex;
    private long _syncedIndex;

    private SegmentedLog(
        LogRecovery recovered, SegmentFactory factory, SegmentWriter writer, SegmentedLogOptions options, Action<int, string> fatal)
    {
        (_options, _fatal, _factory, _writer) = (options, fatal, factory, writer);
        (_index, _terms) = (recovered.Index, recovered.Terms);
        (_firstIndex, _lastIndex, _syncedIndex) = (_terms.Floor + 1, _terms.Last, _terms.Last);
        _recent = new RecentEntries(_lastIndex + 1, options.MemoryBytes);
        _thread = new Thread(WriteLoop) { IsBackground = true, Name = "raft-log" };
    }

    /// <inheritdoc/>
    public long FirstIndex => Volatile.Read(ref _firstIndex);

    /// <inheritdoc/>
    public long LastIndex => Volatile.Read(ref _lastIndex);

    /// <inheritdoc/>
    public long SyncedIndex => Volatile.Read(ref _syncedIndex);

    /// <summary>Opens the log in <paramref name="folder"/>, or begins one there. Reads and checks all of it.</summary>
    /// <param name="folder">The folder, made when it is missing; also the <see cref="VoteStore"/>'s, which is opened first.</param>
    /// <param name="options">How to use disk and memory.</param>
    /// <param name="fatal">
    /// Called at most once, with an <see cref="ExitCode"/> and a line that names file, offset and error, when the disk
    /// fails or what is on it is damaged. Default: <see cref="FailStop.Now"/>. When it returns, every later call throws
    /// <see cref="LogFailedException"/>.
    /// </param>
    /// <param name="mayBeGone">Whether a missing log is expected although this node has voted: it was set aside, damaged.</param>
    /// <exception cref="LogFailedException">The delegate returned.</exception>
    public static SegmentedLog Open(
        string folder, SegmentedLogOptions options, Action<int, string>? fatal = null, bool mayBeGone = false)
        => Open(folder, options, fatal ?? FailStop.Now, LocalDisk.Instance, RandomSalt, mayBeGone);

    /// <inheritdoc/>
    public long BytesFrom(long index)
    {
        lock (_gate)
        {
            return _index.BytesFrom(index);
        }
    }

    /// <inheritdoc/>
    public long FirstKeeping(long bytes)
    {
        lock (_gate)
        {
            return _index.FirstKeeping(bytes);
        }
    }

    /// <inheritdoc/>
    public long? TermAt(long index)
    {
        lock (_gate)
        {
            return _terms.TermAt(index);
        }
    }

    /// <inheritdoc/>
    public long Append(long term, LogEntryKind kind, ReadOnlyMemory<byte> payload)
    {
        lock (_gate)
        {
            ThrowIfUnusable();
            CheckEntry(term, _terms.LastTerm, payload.Length);
            var index = _lastIndex + 1;
            Take(new LogEntry(index, term, kind, payload));
            WakeWriter();
            return index;
        }
    }

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<LogEntry> entries, long committed)
    {
        List<SyncWaiter>? cutOff;
        lock (_gate)
        {
            ThrowIfUnusable();
            var held = CountHeld(entries, committed);
#if CHAOS
            if (StateMachine.Mutant.Is(StateMachine.Mutant.TruncateOnRepeat))
            {
                held = 0;
            }

#endif
            if (held == entries.Length)
            {
                return;
            }

            var news = entries[held..];
            CheckConsecutive(news);
            cutOff = news[0].Index <= _lastIndex ? CutFrom(news[0].Index) : null;
            foreach (ref readonly var entry in news)
            {
                Take(entry);
            }

            WakeWriter();
        }

        Complete(cutOff, synced: false);
    }

    /// <inheritdoc/>
    public ValueTask<bool> SyncAsync(long index)
    {
        if (index <= SyncedIndex && Volatile.Read(ref _failure) is null)
        {
            return new ValueTask<bool>(true);
        }

        lock (_gate)
        {
            ThrowIfUnusable();
            return index > _lastIndex ? new ValueTask<bool>(false)
                : index <= _syncedIndex ? new ValueTask<bool>(true)
                : _waiters.Add(index).Task;
        }
    }

    /// <inheritdoc/>
    public void DropBefore(long index)
    {
        lock (_gate)
        {
            ThrowIfUnusable();
            Invariant.Holds(index <= _syncedIndex + 1, "only what is synced is dropped from the log");
            if (index > _dropBefore)
            {
                (_dropBefore, _dropAsked) = (index, true);
                WakeWriter();
            }
        }
    }

    /// <summary>Writes and syncs what was appended, and closes the files.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _stopping = true;
            WakeWriter();
        }

        await _stopped.Task;
    }

    internal static SegmentedLog Open(
        string folder, SegmentedLogOptions options, Action<int, string> fatal, IDisk disk, Func<ulong> salts, bool mayBeGone = false)
    {
        options.Check();
        try
        {
            disk.CreateFolder(folder);

            // What an earlier process named or removed last may be so in the system's memory only, and is built upon now.
            disk.SyncFolder(folder);
            SegmentedLog? log = null;
            var factory = new SegmentFactory(disk, folder, options, salts, failure => log?.Fail(failure));
            var recovered = LogRecovery.Run(disk, folder);
            var writer = LogOpening.Prepare(disk, folder, recovered, factory, options, mayBeGone);
            log = new SegmentedLog(recovered, factory, writer, options, fatal);
            log._thread.Start();
            return log;
        }
        catch (Exception thrown) when (thrown is DiskException or LogDamageException)
        {
            throw Fault.Stop(fatal, thrown);
        }
    }

    private static ulong RandomSalt()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bytes);
        return BitConverter.ToUInt64(bytes);
    }

    private static void CheckEntry(long term, long previousTerm, int length)
    {
        Invariant.Holds(term >= 1 && term >= previousTerm, "terms never fall along the log");
        Invariant.Holds(length <= LogRecord.MaximumLength, "an entry fits into a record");
    }

    /// <summary>How many of <paramref name="entries"/>, from the first on, the log has with the same term, or has dropped.</summary>
    private int CountHeld(ReadOnlySpan<LogEntry> entries, long committed)
    {
        var held = 0;
        for (; held < entries.Length && entries[held].Index <= _lastIndex; held++)
        {
            var entry = entries[held];
            if (entry.Index >= _terms.Floor && _terms.TermAt(entry.Index) != entry.Term)
            {
                Invariant.Holds(
                    entry.Index > committed && entry.Index >= _firstIndex,
                    "a committed entry is never replaced by one of another term");
                break;
            }
        }

        return held;
    }

    private void CheckConsecutive(ReadOnlySpan<LogEntry> entries)
    {
        Invariant.Holds(entries[0].Index <= _lastIndex + 1, "entries follow the log without a gap");
        var (next, term) = (entries[0].Index, _terms.TermAt(entries[0].Index - 1) ?? 0);
        foreach (ref readonly var entry in entries)
        {
            Invariant.Holds(entry.Index == next++, "a leader's entries have consecutive indexes");
            CheckEntry(entry.Term, term, entry.Payload.Length);
            term = entry.Term;
        }
    }

    private void Take(in LogEntry entry)
    {
        _pending.Add(new Pending(entry, _terms.LastTerm));
        _recent.Add(entry);
        _terms.Add(entry.Term);
        Volatile.Write(ref _lastIndex, entry.Index);
    }

    /// <summary>Cuts the log in memory; on the disk, the record that replaces the first cut entry will do it.</summary>
    /// <returns>Those who wait for entries that are gone.</returns>
    private List<SyncWaiter> CutFrom(long index)
    {
        _index.CutFrom(index);
        _recent.CutFrom(index);
        _terms.CutFrom(index);
        Volatile.Write(ref _syncedIndex, Math.Min(_syncedIndex, index - 1));
        Volatile.Write(ref _lastIndex, index - 1);
        _cutSinceTaken = Math.Min(_cutSinceTaken, index);
        var cutOff = new List<SyncWaiter>();
        _waiters.TakeFrom(index, cutOff);
        return cutOff;
    }

    private void ThrowIfUnusable()
    {
        if (_failure is { } failure)
        {
            throw new LogFailedException(failure.ExitCode, failure.Message);
        }

        ObjectDisposedException.ThrowIf(_stopping, this);
    }

    private static void Complete(List<SyncWaiter>? waiters, bool synced)
    {
        foreach (var waiter in waiters ?? [])
        {
            waiter.Complete(synced);
        }
    }

    /// <summary>An entry that is not written yet.</summary>
    private readonly record struct Pending(LogEntry Entry, long PreviousTerm);
}
