namespace RaftCluster.Node.Consensus.Transport;

/// <summary>Who this node is to the others.</summary>
/// <param name="ClusterId">The cluster's id.</param>
/// <param name="NodeId">This node's id.</param>
/// <param name="Protocols">The protocols it speaks.</param>
/// <param name="StateVersion">The newest entries it can apply.</param>
/// <param name="Configuration">The index of the newest configuration it knows.</param>
/// <param name="Removed">Told that another node has a committed configuration in which this one is no member: its index, and the other's words.</param>
internal readonly record struct PeerIdentity(
    ulong ClusterId, string NodeId, ProtocolRange Protocols, int StateVersion, Func<long> Configuration, Action<long, string> Removed);
