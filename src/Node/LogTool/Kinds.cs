using RaftCluster.Node.Consensus.Log;

namespace RaftCluster.Node.LogTool;

/// <summary>What kinds of entries are called.</summary>
internal static class Kinds
{
    public static string Name(LogEntryKind kind) => kind switch
    {
        LogEntryKind.Command => "command",
        LogEntryKind.Empty => "empty",
        LogEntryKind.Configuration => "configuration",
        _ => $"kind {(byte)kind}",
    };
}
