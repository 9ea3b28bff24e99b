using System.CommandLine;

namespace RaftCluster.Cli;

/// <summary><c>raftctl rolling-restart</c>: every node is restarted, one after the other, while the cluster serves.</summary>
internal static class RollingRestartCommand
{
    internal static Command Create(Terminal terminal, GlobalOptions globals)
    {
        var exec = new Option<string?>("--exec")
        {
            Description = "How a node is restarted: a command for the shell, with {node}, {host} and {pid}. "
                + "Without it, restart each node when told to.",
            HelpName = "command",
        };
        var within = new Option<TimeSpan>("--within")
        {
            Description = "How long a node may take until it is back and has caught up, as 10m.",
            HelpName = "time",
            CustomParser = Durations.Parse,
            DefaultValueFactory = _ => TimeSpan.FromMinutes(5),
        };
        var skip = new Option<string[]>("--skip")
        {
            Description = "Nodes that are not to be restarted, as n1,n2: those that are done, to go on where it was stopped.",
            HelpName = "nodes",
            CustomParser = static result => [.. result.Tokens
                .SelectMany(token => token.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
            DefaultValueFactory = _ => [],
        };
        var yes = new Option<bool>("--yes") { Description = "Begin. Without it, the order is shown and nothing is done." };
        var command = new Command(
            "rolling-restart",
            "Restarts every node, one after the other, the leader last: each is drained, restarted, and waited for.\n"
            + "It stops at the first trouble. docs/upgrade.md has the whole procedure.")
        { exec, within, skip, yes };
        command.SetAction(CommandContext.ClientAction(terminal, globals, (context, client) => new RollingRestart(
            context,
            client,
            context.Parsed.GetValue(exec),
            context.Parsed.GetValue(within),
            context.Parsed.GetValue(skip) ?? []).RunAsync(context.Parsed.GetValue(yes))));
        return command;
    }
}
