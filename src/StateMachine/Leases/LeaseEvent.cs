namespace RaftCluster.StateMachine.Leases;

/// <summary>A lease that came or went.</summary>
/// <param name="Id">Its id.</param>
/// <param name="TtlMs">How long it lasts without a sign of life, in milliseconds; 0 when it is gone.</param>
internal readonly record struct LeaseEvent(long Id, long TtlMs);
