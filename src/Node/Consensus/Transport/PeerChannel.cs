namespace RaftCluster.Node.Consensus.Transport;

/// <summary>What a connection between two nodes is for: votes and questions never queue behind entries.</summary>
internal enum PeerChannel : byte
{
    /// <summary>Entries and signs of life.</summary>
    Entries = 1,

    /// <summary>Votes.</summary>
    Votes = 2,

    /// <summary>Questions to a leader, which may take as long as a round to the majority.</summary>
    Questions = 3,

    /// <summary>Snapshots, which take as long as they take.</summary>
    Snapshots = 4,

    /// <summary>A leader's orders, which must not wait for a follower's questions.</summary>
    Orders = 5,
}
