using DotNext.IO.Log;
using RaftCluster.Node.Consensus.Log;

namespace RaftCluster.Node.Consensus.Raft;

/// <summary>The entries of one request from a leader, on their way through the library to our log.</summary>
internal sealed class EntryBatch(LogEntry[] entries) : ILogEntryProducer<RaftEntry>
{
    private int _position = -1;

    RaftEntry IAsyncEnumerator<RaftEntry>.Current => new(entries[_position]);

    long ILogEntryProducer<RaftEntry>.RemainingCount => entries.Length - _position - 1;

    ValueTask<bool> IAsyncEnumerator<RaftEntry>.MoveNextAsync() => ValueTask.FromResult(++_position < entries.Length);

    ValueTask IAsyncDisposable.DisposeAsync() => ValueTask.CompletedTask;
}
