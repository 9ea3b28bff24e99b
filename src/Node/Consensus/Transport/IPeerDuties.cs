namespace RaftCluster.Node.Consensus.Transport;

/// <summary>What a node does for the others beside the library's part.</summary>
internal interface IPeerDuties
{
    /// <summary>A request of one who leads, or led, begins to be worked on.</summary>
    void BeginHearing();

    /// <summary>It is done with.</summary>
    /// <param name="leader">Who sent it; null when it failed, or was refused as an earlier leader's.</param>
    /// <param name="state">What the leader said its rows were.</param>
    void EndHearing(string? leader, in StateAt state);

    /// <summary>A node's connection for entries has ended.</summary>
    void Disconnected(string other);

    /// <summary>Answers a candidate.</summary>
    ValueTask<VoteReply> VoteAsync(string candidate, VoteRequest vote, CancellationToken token);

    /// <summary>Stands for election, since the leader wants it.</summary>
    /// <param name="term">The term that the leader leads in.</param>
    /// <param name="token">The leader's patience.</param>
    /// <returns>Why it does not; null when it does.</returns>
    ValueTask<string?> TakeOverAsync(long term, CancellationToken token);

    /// <summary>Proves its own leadership with a round to the majority; null when it can't.</summary>
    ValueTask<LeaderProof?> ProveAsync(CancellationToken token);

    /// <summary>Answers a frame of a snapshot.</summary>
    ValueTask<byte[]> ReceiveSnapshotAsync(FrameKind kind, ReadOnlyMemory<byte> body, CancellationToken token);
}
