using DotNext.IO;
using DotNext.Net.Cluster.Consensus.Raft;
using RaftCluster.Node.Consensus.Log;

namespace RaftCluster.Node.Consensus.Raft;

/// <summary>An entry that this node, as leader of <paramref name="term"/>, wants in the log.</summary>
internal sealed class ProposedEntry(long term, ReadOnlyMemory<byte> payload, LogEntryKind kind = LogEntryKind.Command) : IRaftLogEntry
{
    public LogEntryKind Kind => kind;

    public ReadOnlyMemory<byte> Payload => payload;

    public long Term => term;

    /// <summary>Its index, once it is in the log; 0 before.</summary>
    public long Index { get; private set; }

    public void Appended(long index) => Index = index;

    bool IDataTransferObject.IsReusable => true;

    long? IDataTransferObject.Length => payload.Length;

    ValueTask IDataTransferObject.WriteToAsync<TWriter>(TWriter writer, CancellationToken token) =>
        writer.Invoke(payload, token);
}
