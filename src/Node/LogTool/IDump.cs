namespace RaftCluster.Node.LogTool;

/// <summary>Shows the steps of a log, one line each.</summary>
internal interface IDump
{
    /// <summary>Shows a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="malformed">What is wrong with a command entry that can't be decoded; null when nothing is.</param>
    void Show(LogStep step, string? malformed);
}
