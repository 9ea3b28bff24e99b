namespace RaftCluster.Node.Consensus.Transport;

/// <summary>What a node does for the others beside the library's part.</summary>
internal interface IPeerDuties
{
    /// <summary>Whether it may give its vote, or stand: not when it has forgotten what it acknowledged.</summary>
    bool MayVote { get; }

    /// <summary>A leader gave a sign of life, and said what its rows were.</summary>
    /// <param name="leader">Its name.</param>
    /// <param name="state">The rows' state.</param>
    void Heard(string leader, in StateAt state);

    /// <summary>Proves its own leadership with a round to the majority; null when it can't.</summary>
    ValueTask<LeaderProof?> ProveAsync(CancellationToken token);

    /// <summary>Answers a frame of a snapshot.</summary>
    ValueTask<byte[]> ReceiveSnapshotAsync(FrameKind kind, ReadOnlyMemory<byte> body, CancellationToken token);
}
