namespace RaftCluster.Chaos;

/// <summary>The harness can't go on, for a reason that says nothing of the product.</summary>
/// <param name="message">The reason.</param>
internal sealed class HarnessException(string message) : Exception(message);
