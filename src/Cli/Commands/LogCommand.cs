using System.CommandLine;
using System.Globalization;

namespace RaftCluster.Cli;

/// <summary>
/// <c>raftctl log</c>: what a node has on its disk, read without a cluster. The node's own program reads it, for it alone
/// knows the format; its output and its exit code are passed on.
/// </summary>
internal static class LogCommand
{
    internal static Command Create(Terminal terminal, GlobalOptions globals) => new(
        "log",
        "Reads a node's log from its disk, whether the node runs or not, and changes nothing.\n\n"
        + "Exit codes of its own: 0 sound, 3 there is no log that can be read, 5 the disk fails, 7 damaged.")
    {
        Dump(terminal, globals),
        Verify(terminal, globals),
    };

    private static Command Dump(Terminal terminal, GlobalOptions globals)
    {
        var data = Data();
        var from = new Option<long?>("--from") { Description = "The first index that is shown.", HelpName = "index" };
        var to = new Option<long?>("--to") { Description = "The last index that is shown.", HelpName = "index" };
        var command = new Command("dump", "Shows every record, in the order of writing, with what it holds and what it replaces.")
        {
            data, from, to,
        };
        command.Validators.Add(result =>
        {
            foreach (var option in (Option<long?>[])[from, to])
            {
                if (result.Given(option) is < 0)
                {
                    result.AddError($"{option.Name} is 0 or more.");
                }
            }
        });
        command.SetAction(CommandContext.Action(terminal, globals, context => RunAsync(
            context,
            "dump",
            context.Parsed.GetRequiredValue(data),
            [.. Bound(from, context.Parsed), .. Bound(to, context.Parsed)])));
        return command;
    }

    private static Command Verify(Terminal terminal, GlobalOptions globals)
    {
        var data = Data();
        var command = new Command("verify", "Checks all of a log: totals, first and last entry, everything that is damaged.") { data };
        command.SetAction(CommandContext.Action(
            terminal, globals, context => RunAsync(context, "verify", context.Parsed.GetRequiredValue(data), [])));
        return command;
    }

    private static Option<string> Data() => new("--data")
    {
        Description = "One node's data folder, or the log folder in it.",
        HelpName = "folder",
        Required = true,
    };

    private static string[] Bound(Option<long?> option, ParseResult parsed) =>
        parsed.GetValue(option) is { } index ? [option.Name, index.ToString(CultureInfo.InvariantCulture)] : [];

    // A full path can't be taken for an option.
    private static Task<int> RunAsync(CommandContext context, string verb, string folder, string[] more) =>
        NodeTool.RunAsync(context, ["log", verb, Path.GetFullPath(folder), .. more]);
}
