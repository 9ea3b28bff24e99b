using System.CommandLine;

namespace RaftCluster.Cli;

/// <summary><c>raftctl recover</c>: makes a cluster of one member of what is left, when a majority of the nodes is lost for good.</summary>
internal static class RecoverCommand
{
    internal static Command Create(Terminal terminal, GlobalOptions globals)
    {
        var data = new Option<string>("--data")
        {
            Description = "The data folders that are left, with commas between them; no node may run on them.",
            HelpName = "folders",
            Required = true,
        };
        var accept = new Option<bool>("--i-accept-data-loss")
        {
            Description = "Does it. Without it, what each folder holds is shown, and nothing is changed.",
        };
        var command = new Command(
            "recover",
            "When a majority of the nodes is LOST FOR GOOD: makes a cluster of one member of the folder that holds most.\n\n"
            + "ACKNOWLEDGED WRITES MAY BE LOST: those that only the lost nodes had on their disks. It begins a new epoch of the history:\n"
            + "session tokens and feed cursors of the old one are refused. As long as the lost nodes can come back, start them instead.\n\n"
            + "Exit codes of its own: 0 shown or done, 2 usage, 3 the folders can't be used, 5 the disk fails, 6 it is full.")
        {
            data, accept,
        };
        command.SetAction(CommandContext.Action(terminal, globals, context => NodeTool.RunAsync(
            context,
            [
                "recover",
                "--data", context.Parsed.GetRequiredValue(data),
                .. (string[])(context.Parsed.GetValue(accept) ? ["--i-accept-data-loss"] : []),
            ])));
        return command;
    }
}
