namespace RaftCluster.Node.Consensus.Log;

/// <summary>
/// The log or the vote can't go on. In a node nobody sees it, for the process has ended; whoever passes a delegate of
/// his own for fatal errors, and returns from it, finds every later call ending in this.
/// </summary>
/// <param name="exitCode">One of <see cref="ExitCode"/>.</param>
/// <param name="message">What happened and where.</param>
public sealed class LogFailedException(int exitCode, string message) : Exception(message)
{
    /// <summary>The code with which the process should have ended.</summary>
    public int ExitCode { get; } = exitCode;
}
