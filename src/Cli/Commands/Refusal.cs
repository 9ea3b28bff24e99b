using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary>How a precondition that does not hold is told.</summary>
internal static class Refusal
{
    internal static int Report(CommandContext context, string key, Precondition wanted, long? current) => context.Fail(
        ExitCodes.PreconditionFailed,
        "precondition-failed",
        current is { } revision
            ? $"'{key}' was last changed at revision {revision}, and {wanted} was asked for: nothing changed"
            : $"there is no row '{key}', and {wanted} was asked for: nothing changed");
}
