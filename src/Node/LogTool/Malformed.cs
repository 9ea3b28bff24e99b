using RaftCluster.Node.Consensus.Log;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.LogTool;

/// <summary>Finds entries that are as they were written, but were written wrong.</summary>
internal static class Malformed
{
    /// <summary>What is wrong with an entry that no node can apply; null when nothing is.</summary>
    public static string? What(LogEntry entry)
    {
        if (entry.Kind != LogEntryKind.Command || entry.Payload.IsEmpty)
        {
            return null;
        }

        try
        {
            var reader = EntryCodec.ReadTransactions(entry.Payload.Span);
            while (reader.Next(out _))
            {
            }

            return null;
        }
        catch (InvariantException malformed)
        {
            return $"a command that can't be decoded: {malformed.Message}";
        }
    }
}
