namespace RaftCluster.StateMachine;

/// <summary>How far a store has come. Stored with the rows in the same atomic batch, so it is never ahead or behind.</summary>
/// <param name="Index">The index of the last log entry applied; 0 for none.</param>
/// <param name="Term">That entry's term.</param>
/// <param name="Revision">The number of transactions that changed something.</param>
/// <param name="StateHash">The running hash over all changes up to <paramref name="Revision"/>: equal on every node at that revision.</param>
/// <param name="Time">The last time stamp of a leader, in microseconds since 1970 (UTC); never runs backwards.</param>
public readonly record struct AppliedPosition(long Index, long Term, long Revision, UInt128 StateHash, long Time);
