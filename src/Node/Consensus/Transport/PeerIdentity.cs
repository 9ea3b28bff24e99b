namespace RaftCluster.Node.Consensus.Transport;

/// <summary>Who this node is to the others.</summary>
/// <param name="ClusterId">The cluster's id.</param>
/// <param name="NodeId">This node's id.</param>
internal readonly record struct PeerIdentity(ulong ClusterId, string NodeId);
