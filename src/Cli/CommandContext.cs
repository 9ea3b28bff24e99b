using System.Collections.Immutable;
using System.CommandLine;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary>What a running command has at hand.</summary>
internal sealed class CommandContext(ParseResult parsed, Terminal terminal, GlobalOptions globals, CancellationToken cancellation)
{
    internal ParseResult Parsed => parsed;

    internal Terminal Terminal => terminal;

    internal bool Json => parsed.GetValue(globals.Json);

    internal TimeSpan Timeout => parsed.GetValue(globals.Timeout);

    internal CancellationToken Cancellation => cancellation;

    /// <summary>Under which key the command writes; null when it does not, or not yet.</summary>
    internal string? IdempotencyKey { get; set; }

    /// <summary>The nodes it speaks to, as they were named; none for a command that speaks to no cluster.</summary>
    internal ImmutableArray<Uri> Nodes { get; private set; } = [];

    /// <summary>Them, as RAFT_ENDPOINTS names them.</summary>
    internal string Endpoints => string.Join(',', Nodes.Select(node => node.AbsoluteUri.TrimEnd('/')));

    /// <summary>Runs a command's action, and turns its failures into lines and exit codes.</summary>
    internal static Func<ParseResult, CancellationToken, Task<int>> Action(
        Terminal terminal, GlobalOptions globals, Func<CommandContext, Task<int>> action) => async (parsed, cancellation) =>
        {
            var context = new CommandContext(parsed, terminal, globals, cancellation);
            try
            {
                return await action(context);
            }
            catch (Exception failed) when (Failure.Of(failed) is not null)
            {
                return Failure.Of(failed)!.Keyed(context.IdempotencyKey).Report(terminal, context.Json);
            }
        };

    /// <summary>As <see cref="Action"/>, for a command that speaks to the cluster.</summary>
    internal static Func<ParseResult, CancellationToken, Task<int>> ClientAction(
        Terminal terminal, GlobalOptions globals, Func<CommandContext, RaftClusterClient, Task<int>> action) =>
        Action(terminal, globals, async context =>
        {
            if (globals.EndpointsOf(context.Parsed, terminal) is not { } nodes)
            {
                return ExitCodes.Usage;
            }

            context.Nodes = nodes;
            using var client = new RaftClusterClient(globals.ClientOptions(context.Parsed, terminal, nodes));
            return await action(context, client);
        });

    /// <summary>Says on standard error why the command did not do what was asked.</summary>
    internal int Fail(int exitCode, string code, string message, string? hint = null) =>
        new Failure(exitCode, code, message, hint).Report(terminal, Json);
}
