namespace RaftCluster.Node.Consensus.Log;

/// <summary>What an entry is to consensus.</summary>
public enum LogEntryKind : byte
{
    /// <summary>A batch of transactions for the state machine.</summary>
    Command = 0,

    /// <summary>Nothing: a new leader's first entry, by which it commits in its own term.</summary>
    Empty = 1,

    /// <summary>A membership of the cluster.</summary>
    Configuration = 2,
}

/// <summary>One entry of the log.</summary>
/// <param name="Index">Its index: 1 for the first.</param>
/// <param name="Term">The term of the leader that made it: at least 1, never less than its predecessor's.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Payload">What it says. Valid for as long as it is referenced (never a pooled buffer).</param>
public readonly record struct LogEntry(long Index, long Term, LogEntryKind Kind, ReadOnlyMemory<byte> Payload);

/// <summary>
/// The replicated log on this node's disk. Appending is quick and returns before the disk has it; whoever promises
/// something waits for <see cref="SyncAsync"/>. Safe for many threads. An I/O error ends the process: it is never
/// thrown to a caller, who could only guess what is on the disk.
/// </summary>
public interface IRaftLog : IAsyncDisposable
{
    /// <summary>The first index that can be read; <see cref="LastIndex"/> + 1 when there is none.</summary>
    long FirstIndex { get; }

    /// <summary>The last index appended; 0 for an empty log.</summary>
    long LastIndex { get; }

    /// <summary>The last index that is on the disk: everything up to it survives a power loss.</summary>
    long SyncedIndex { get; }

    /// <summary>The term of the entry at <paramref name="index"/>: 0 for index 0, null when the log does not hold it.</summary>
    long? TermAt(long index);

    /// <summary>Appends a leader's own entry.</summary>
    /// <param name="term">The leader's term.</param>
    /// <param name="kind">What the entry is.</param>
    /// <param name="payload">What it says; the log keeps it without copying, so it must never change again.</param>
    /// <returns>Its index.</returns>
    long Append(long term, LogEntryKind kind, ReadOnlyMemory<byte> payload);

    /// <summary>
    /// Takes a leader's entries. One that the log already holds with the same term is skipped; at the first one with
    /// another term the log is cut there and goes on with the leader's. It is never shortened otherwise.
    /// </summary>
    /// <param name="entries">Entries with consecutive indexes, the first at most <see cref="LastIndex"/> + 1. Payloads are kept without copying.</param>
    /// <param name="committed">The commit index: a conflict at or below it breaks an invariant and ends the process.</param>
    void Append(ReadOnlySpan<LogEntry> entries, long committed);

    /// <summary>Completes when everything appended so far up to <paramref name="index"/> is on the disk. Many callers share one sync.</summary>
    /// <returns>
    /// False when the entry that stood at <paramref name="index"/> at the call was cut off before it was synced, or none
    /// stood there: then it was cut off before the call.
    /// </returns>
    ValueTask<bool> SyncAsync(long index);

    /// <summary>Reads entries, recent ones from memory, older ones from disk.</summary>
    /// <param name="first">From <see cref="FirstIndex"/> to <see cref="LastIndex"/>.</param>
    /// <param name="last">The last index wanted, at least <paramref name="first"/>.</param>
    /// <param name="maximumBytes">Stop before the payloads exceed this; the first entry comes in any case.</param>
    /// <returns>What the log holds of it from <paramref name="first"/> on: nothing when that was cut off or dropped meanwhile.</returns>
    IReadOnlyList<LogEntry> Read(long first, long last, int maximumBytes);

    /// <summary>
    /// Lets go of entries below <paramref name="index"/>, in whole files, soon: <see cref="FirstIndex"/> rises to the first
    /// entry of the oldest file that holds anything else. The term of the entry before it stays known.
    /// </summary>
    /// <param name="index">At most <see cref="SyncedIndex"/> + 1.</param>
    void DropBefore(long index);

    /// <summary>
    /// The highest index to give to <see cref="DropBefore"/> so that at least <paramref name="bytes"/> of records are left;
    /// 0 when there are not more than that.
    /// </summary>
    long FirstKeeping(long bytes);

    /// <summary>How many bytes the records from <paramref name="index"/> on take on the disk.</summary>
    long BytesFrom(long index);

    /// <summary>
    /// Begins anew after a snapshot: lets go of everything, and goes on after <paramref name="index"/>. At once as readers
    /// and appenders see it; a crash before the call completes leaves the old log or the new one.
    /// </summary>
    /// <param name="index">The snapshot's last index: committed, and not in this log with this term.</param>
    /// <param name="term">That entry's term.</param>
    /// <returns>Completes when it is on the disk.</returns>
    ValueTask BeginAnewAsync(long index, long term);
}

/// <summary>The term and vote of this node, on its disk before <see cref="Save"/> returns.</summary>
public interface IVoteStore : IDisposable
{
    /// <summary>The current term; 0 for a new node.</summary>
    long Term { get; }

    /// <summary>Whom this node voted for in <see cref="Term"/>: an opaque name, empty for nobody.</summary>
    ReadOnlyMemory<byte> VotedFor { get; }

    /// <summary>Replaces both at once: after a crash either the old pair or the new pair is read.</summary>
    /// <param name="term">Never less than <see cref="Term"/>.</param>
    /// <param name="votedFor">At most 64 bytes.</param>
    void Save(long term, ReadOnlySpan<byte> votedFor);
}
