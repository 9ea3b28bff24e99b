namespace RaftCluster.StateMachine.Replay;

/// <summary>A transaction as a change log recorded it, without its changes.</summary>
/// <param name="Revision">Its revision.</param>
/// <param name="Term">The term of its log entry.</param>
/// <param name="Index">The index of its log entry.</param>
/// <param name="Time">When a leader took it up, in microseconds since 1970 (UTC).</param>
public readonly record struct RecordedTransaction(long Revision, long Term, long Index, long Time);

/// <summary>
/// Which version of a row was written. It does not follow from what was there: a row that was removed and made again in one
/// transaction begins anew.
/// </summary>
/// <param name="Created">The revision that made the row.</param>
/// <param name="Version">How often it was written since.</param>
/// <param name="Lease">The lease that it is on; 0 for none.</param>
public readonly record struct RecordedVersion(long Created, long Version, long Lease);

/// <summary>An outcome that is kept under an idempotency key.</summary>
/// <param name="Time">Since when, in microseconds since 1970 (UTC).</param>
/// <param name="Key">The key.</param>
/// <param name="Record">The outcome, and the hash of the request it came of, as a store keeps them; empty where only the place in the order matters.</param>
public readonly record struct KeptOutcomeRecord(long Time, ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Record);

/// <summary>What was recorded does not continue what is there: the two are of different histories, or something is missing between them.</summary>
public sealed class HistoryMismatchException(string message) : Exception(message);
