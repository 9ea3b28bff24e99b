using RaftCluster.Node.Consensus.Log;

namespace RaftCluster.Node.Consensus.Transport;

/// <summary>A way to one other node. Calls of a kind follow each other; the kinds don't wait for one another.</summary>
internal interface IPeerLink : IDisposable
{
    /// <summary>The newest entries that the other node can apply, as it said last; 0 while it has said nothing.</summary>
    int StateVersion { get; }

    /// <summary>Sends entries, or an empty sign of life.</summary>
    /// <exception cref="PeerUnavailableException">No answer: refused, broken off, or not within the time limit of a request.</exception>
    ValueTask<AppendReply> AppendAsync(AppendRequest request, CancellationToken token);

    /// <summary>Asks for a vote, or whether there would be one.</summary>
    /// <exception cref="PeerUnavailableException">As above.</exception>
    ValueTask<VoteReply> VoteAsync(VoteRequest request, CancellationToken token);

    /// <summary>Connects, where that is not done, so that a first request needn't. Whether it succeeds shows then.</summary>
    /// <exception cref="OperationCanceledException">The caller's patience ended.</exception>
    ValueTask PrepareAsync(CancellationToken token);

    /// <summary>Asks a leader to prove its leadership by a round to the majority.</summary>
    /// <returns>What it proved; null when the other node does not lead or can't prove it now.</returns>
    /// <exception cref="PeerUnavailableException">As above.</exception>
    ValueTask<LeaderProof?> ConfirmAsync(CancellationToken token);

    /// <summary>Sends a frame of a snapshot: its beginning, a chunk, or the request to install it.</summary>
    /// <param name="frame">The whole frame.</param>
    /// <param name="limit">How long the answer may take.</param>
    /// <param name="token">The caller's patience.</param>
    /// <exception cref="PeerUnavailableException">As above.</exception>
    ValueTask<SnapshotReply> SendSnapshotAsync(ReadOnlyMemory<byte> frame, TimeSpan limit, CancellationToken token);

    /// <summary>A leader asks the other node to stand for election at once, and to be elected in its place.</summary>
    /// <param name="term">The term it leads in.</param>
    /// <param name="token">The caller's patience.</param>
    /// <returns>Why the other node does not; null when it stands.</returns>
    /// <exception cref="PeerUnavailableException">As above: perhaps it stands.</exception>
    ValueTask<string?> TakeOverAsync(long term, CancellationToken token);
}

/// <summary>The other node gave no answer.</summary>
internal sealed class PeerUnavailableException(string message, Exception? cause = null) : IOException(message, cause)
{
    /// <summary>Whether its address refuses connections: the machine is there, and no process of the other node is.</summary>
    public bool IsRefused => InnerException is System.Net.Sockets.SocketException
    {
        SocketErrorCode: System.Net.Sockets.SocketError.ConnectionRefused
    };
}

/// <summary>Entries from a leader.</summary>
/// <param name="Term">The leader's term.</param>
/// <param name="PreviousIndex">The index before the first entry.</param>
/// <param name="PreviousTerm">The term of the entry there.</param>
/// <param name="Committed">The leader's commit index.</param>
/// <param name="State">What the leader's rows were at an index it has applied.</param>
/// <param name="Entries">None for a sign of life.</param>
internal readonly record struct AppendRequest(
    long Term, long PreviousIndex, long PreviousTerm, long Committed, StateAt State, IReadOnlyList<LogEntry> Entries);

/// <summary>What a node's rows were after an entry.</summary>
/// <param name="Index">The entry's index; 0 for none.</param>
/// <param name="Hash">The state hash after it.</param>
internal readonly record struct StateAt(long Index, UInt128 Hash);

/// <summary>What a leader proved by a round to the majority.</summary>
/// <param name="Index">Its commit index before the round: a read that waits for it sees every acknowledged write.</param>
/// <param name="LastIndex">The last index of its log after the round.</param>
internal readonly record struct LeaderProof(long Index, long LastIndex);

/// <summary>A piece of a snapshot's file.</summary>
/// <param name="Term">The sender's term.</param>
/// <param name="Id">The snapshot's id.</param>
/// <param name="File">The file's number.</param>
/// <param name="Offset">Where in it.</param>
/// <param name="Bytes">The piece.</param>
internal readonly record struct SnapshotChunk(long Term, UInt128 Id, int File, long Offset, ReadOnlyMemory<byte> Bytes);

/// <summary>What a receiver says to a snapshot.</summary>
internal enum SnapshotAnswer : byte
{
    /// <summary>Not this one, not now: the reason says why.</summary>
    Refused = 0,

    /// <summary>Go on at the file and offset named.</summary>
    GoOn = 1,

    /// <summary>It has all of it, on the disk.</summary>
    Complete = 2,

    /// <summary>Its rows are that far, by this snapshot or without it.</summary>
    Installed = 3,
}

/// <summary>A receiver's answer.</summary>
/// <param name="Term">Its term.</param>
/// <param name="Answer">What it says.</param>
/// <param name="File">The number of the file it wants next.</param>
/// <param name="Offset">Where in it.</param>
/// <param name="Reason">Why it refuses; empty otherwise.</param>
internal readonly record struct SnapshotReply(long Term, SnapshotAnswer Answer, int File, long Offset, string Reason);

/// <summary>A follower's answer to entries.</summary>
/// <param name="Term">Its term.</param>
/// <param name="LastIndex">The last index of its log, a hint for a leader whose entries don't fit.</param>
/// <param name="Answer">The library's heartbeat result.</param>
internal readonly record struct AppendReply(long Term, long LastIndex, byte Answer);

/// <summary>A candidate's question.</summary>
/// <param name="Kind">What it asks.</param>
/// <param name="Term">The candidate's term (its current one when it asks beforehand).</param>
/// <param name="LastIndex">The last index of its log.</param>
/// <param name="LastTerm">The term of that entry.</param>
internal readonly record struct VoteRequest(VoteKind Kind, long Term, long LastIndex, long LastTerm);

/// <summary>What a candidate asks.</summary>
internal enum VoteKind : byte
{
    /// <summary>For a vote.</summary>
    Vote = 0,

    /// <summary>Whether there would be a vote: nothing changes.</summary>
    Before = 1,

    /// <summary>For a vote although a leader was heard a moment ago: it is that leader who wants it so.</summary>
    HandedOver = 2,
}

/// <summary>A voter's answer.</summary>
/// <param name="Term">Its term.</param>
/// <param name="Answer">0 no, 1 yes, 2 no since it leads itself.</param>
internal readonly record struct VoteReply(long Term, byte Answer);
