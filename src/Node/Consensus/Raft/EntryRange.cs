using System.Collections;
using DotNext.IO;
using DotNext.Net.Cluster.Consensus.Raft;
using RaftCluster.Node.Consensus.Log;

namespace RaftCluster.Node.Consensus.Raft;

/// <summary>An entry of our log as the library sees it.</summary>
internal readonly struct RaftEntry(LogEntry entry) : IRaftLogEntry
{
    public LogEntry Entry => entry;

    public long Term => entry.Term;

    bool IRaftLogEntry.IsConfiguration => entry.Kind == LogEntryKind.Configuration;

    bool IDataTransferObject.IsReusable => true;

    long? IDataTransferObject.Length => entry.Payload.Length;

    ValueTask IDataTransferObject.WriteToAsync<TWriter>(TWriter writer, CancellationToken token) =>
        writer.Invoke(entry.Payload, token);
}

/// <summary>
/// The entries [<paramref name="first"/>, <paramref name="last"/>] of a log, named and not yet read: the sender reads
/// them chunk by chunk, so a follower that lacks gigabytes costs no gigabytes here.
/// </summary>
internal sealed class EntryRange(IRaftLog log, long first, long last) : IReadOnlyList<RaftEntry>
{
    public IRaftLog Log => log;

    public long First => first;

    public long Last => last;

    public int Count => checked((int)(last - first + 1));

    public RaftEntry this[int index] => new(log.Read(first + index, first + index, 0)[0]);

    public IEnumerator<RaftEntry> GetEnumerator()
    {
        for (var index = 0; index < Count; index++)
        {
            yield return this[index];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
