using System.Text.Json;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary>Why a command did not do what was asked, with the exit code that says so and what to do next.</summary>
internal sealed record Failure(int ExitCode, string Code, string Message, string? Hint, Outcome Outcome = Outcome.NotApplied)
{
    /// <summary>The one switch from exceptions to exit codes; null for broken code.</summary>
    internal static Failure? Of(Exception exception) => exception switch
    {
        OperationCanceledException => new(
            ExitCodes.Interrupted, "interrupted", "interrupted", "A write that was under way may have been applied.", Outcome.Unknown),
        OutcomeUnknownException unknown => new(
            ExitCodes.OutcomeUnknown, unknown.Code ?? "outcome-unknown", unknown.Message,
            "Read the row before writing again, or write with --if-match or --if-none-match.", Outcome.Unknown),
        LockHeldException held => new(ExitCodes.NotAcquired, "held", FirstLine(held.Message), "'--wait 1m' waits for it."),
        FencedException fenced => new(
            ExitCodes.PreconditionFailed, fenced.Code ?? "fenced", fenced.Message,
            "Who holds the lock, 'raftctl lock status' tells; what was begun under an earlier hold must stop."),
        ClusterUnavailableException { Problem: not null } unavailable => new(
            ExitCodes.Unavailable, unavailable.Code ?? "unavailable", unavailable.Message,
            "A majority of the nodes must run; 'raftctl status' shows which do."),
        ClusterUnavailableException unreachable => new(
            ExitCodes.Unavailable, "unreachable", unreachable.Message,
            "Start a cluster with 'raftctl up', or name its nodes with --endpoints or RAFT_ENDPOINTS."),
        RaftClusterException { Code: "compacted", Problem.OldestRevision: { } oldest } compacted => new(
            ExitCodes.Refused, "compacted", compacted.Message, $"The oldest revision that can still be read is {oldest}."),
        RaftClusterException { Problem.Status: 404 } absent => new(
            ExitCodes.NotFound, absent.Code ?? "absent", absent.Message, Hint: null, absent.Outcome),
        RaftClusterException refused => new(
            ExitCodes.Refused, refused.Code ?? "refused", refused.Message, Hint: null, refused.Outcome),
        ArgumentException wrong => new(ExitCodes.Usage, "usage", FirstLine(wrong.Message), "See 'raftctl --help'."),
        IOException or UnauthorizedAccessException => new(
            ExitCodes.Local, "local", FirstLine(exception.Message), Hint: null),
        _ => null,
    };

    /// <summary>Of a write that was sent with a key: how to send it again.</summary>
    internal Failure Keyed(string? key) => key is null || Outcome is not Outcome.Unknown
        ? this
        : this with { Key = key, Hint = $"The same command with --idempotency-key {key} is safe: it happens once." };

    private string? Key { get; init; }

    /// <summary>Says it on standard error and returns the exit code.</summary>
    internal int Report(Terminal terminal, bool json)
    {
        if (json)
        {
            var outcome = Outcome switch
            {
                Outcome.NotApplied => "not-applied",
                Outcome.Applied => "applied",
                Outcome.Unknown => "unknown",
                _ => null,
            };
            var line = new FailureLine(Code, Message, Hint, outcome, ExitCode, Key);
            terminal.Error.WriteLine(JsonSerializer.Serialize(line, CliJson.Default.FailureLine));
        }
        else
        {
            terminal.Error.WriteLine($"raftctl: {Message}");
            if (Hint is not null)
            {
                terminal.Error.WriteLine(Hint);
            }
        }

        return ExitCode;
    }

    // The runtime appends "(Parameter 'key')", which means nothing at a prompt.
    private static string FirstLine(string message)
    {
        var end = message.AsSpan().IndexOfAny('\r', '\n');
        var line = end < 0 ? message : message[..end];
        var parameter = line.IndexOf(" (Parameter '", StringComparison.Ordinal);
        return parameter < 0 ? line : line[..parameter];
    }
}
