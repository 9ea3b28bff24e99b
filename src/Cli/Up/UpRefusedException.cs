namespace RaftCluster.Cli.Up;

/// <summary>Something on this machine keeps the cluster from being started; the message is one line that says what.</summary>
internal sealed class UpRefusedException(string message) : Exception(message);
