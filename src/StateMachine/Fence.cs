namespace RaftCluster.StateMachine;

/// <summary>Says that the writer holds a lock. It holds as long as the lock's present holder has this number.</summary>
/// <param name="Lock">The lock's name.</param>
/// <param name="Number">The fence of the holding that is meant; at least 1.</param>
public readonly record struct Fence(string Lock, long Number);
