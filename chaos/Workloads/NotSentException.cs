namespace RaftCluster.Chaos.Workloads;

/// <summary>No connection came about: nothing of the request was sent.</summary>
/// <param name="inner">Why.</param>
internal sealed class NotSentException(Exception inner) : Exception(inner.Message, inner);
