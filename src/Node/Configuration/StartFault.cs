namespace RaftCluster.Node.Configuration;

/// <summary>Why a node can't start: a line for people and a code for scripts.</summary>
/// <param name="Code">One of <see cref="ExitCode"/>.</param>
/// <param name="Message">What is wrong, in one line.</param>
public sealed record StartFault(int Code, string Message);
