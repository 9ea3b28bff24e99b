namespace RaftCluster.Node.Consensus.Snapshots;

/// <summary>A place in the history.</summary>
/// <param name="Index">An entry's index.</param>
/// <param name="Term">Its term.</param>
internal readonly record struct LogPlace(long Index, long Term);
