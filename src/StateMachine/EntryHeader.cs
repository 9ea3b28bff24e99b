namespace RaftCluster.StateMachine;

/// <summary>What stands before the transactions of a log entry.</summary>
/// <param name="Format">The format the entry is written in, at least 1.</param>
/// <param name="RequestId">The entry's own name.</param>
/// <param name="Time">The leader's time when it made the entry, in microseconds since 1970 (UTC); not negative.</param>
/// <param name="Count">How many transactions follow.</param>
public readonly record struct EntryHeader(byte Format, RequestId RequestId, long Time, int Count);
