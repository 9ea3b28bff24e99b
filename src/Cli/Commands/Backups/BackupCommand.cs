using System.CommandLine;
using System.Globalization;

namespace RaftCluster.Cli;

/// <summary><c>raftctl backup</c>: takes backups of a running cluster, checks them, and makes a new cluster of them.</summary>
internal static class BackupCommand
{
    internal static Command Create(Terminal terminal, GlobalOptions globals) => new(
        "backup",
        "Takes backups of a running cluster, checks them, and makes a new cluster of them.\n\n"
        + "'verify' and 'restore' need no cluster; exit codes of their own: 0 done or sound, 2 usage, 3 the folder can't be used,\n"
        + "5 the disk fails, 6 it is full, 7 damaged.")
    {
        BackupSave.Create(terminal, globals),
        Verify(terminal, globals),
        Restore(terminal, globals),
    };

    private static Command Verify(Terminal terminal, GlobalOptions globals)
    {
        var files = Files();
        var quick = new Option<bool>("--quick") { Description = "Checks the checksums alone, and does not put the rows together." };
        var scratch = new Option<string?>("--scratch")
        {
            Description = "Where the rows are put together; they take as much room as the backup. Default: the system's temporary folder.",
            HelpName = "folder",
        };
        var command = new Command("verify", "Checks every byte of a backup, reads every row in it, and compares the state hash.")
        {
            files, quick, scratch,
        };
        command.SetAction(CommandContext.Action(terminal, globals, context => NodeTool.RunAsync(
            context,
            [
                "backup", "verify", .. Full(context.Parsed.GetRequiredValue(files)),
                .. (string[])(context.Parsed.GetValue(quick) ? ["--quick"] : []),
                .. Stated("--scratch", context.Parsed.GetValue(scratch) is { } folder ? Path.GetFullPath(folder) : null),
            ])));
        return command;
    }

    private static Command Restore(Terminal terminal, GlobalOptions globals)
    {
        var files = Files();
        var data = new Option<string>("--data")
        {
            Description = "The data folder to make; it must be empty or not there.",
            HelpName = "folder",
            Required = true,
        };
        var node = new Option<string>("--node") { Description = "The id of the node it is to be of.", HelpName = "id", Required = true };
        var http = new Option<string?>("--http") { Description = "Where its HTTP API is to listen.", HelpName = "url" };
        var peer = new Option<string?>("--peer") { Description = "Where it is to listen for other nodes.", HelpName = "ip:port" };
        var cluster = new Option<string?>("--cluster") { Description = "The cluster's name. Default: as in the backup.", HelpName = "name" };
        var revision = new Option<long?>("--to-revision")
        {
            Description = "Stops at this revision, which the increments hold. Default: the last one.",
            HelpName = "revision",
        };
        var command = new Command(
            "restore",
            "Makes the data folder of the first node of a new cluster; other nodes join it.\n\n"
            + "The new cluster has an id of its own and the next epoch: session tokens and feed cursors of the old one are refused.")
        {
            files, data, node, http, peer, cluster, revision,
        };
        command.SetAction(CommandContext.Action(terminal, globals, context =>
        {
            var parsed = context.Parsed;
            return NodeTool.RunAsync(
                context,
                [
                    "backup", "restore", .. Full(parsed.GetRequiredValue(files)),
                    "--data", Path.GetFullPath(parsed.GetRequiredValue(data)),
                    "--node", parsed.GetRequiredValue(node),
                    .. Stated("--http", parsed.GetValue(http)),
                    .. Stated("--peer", parsed.GetValue(peer)),
                    .. Stated("--cluster", parsed.GetValue(cluster)),
                    .. Stated("--to-revision", parsed.GetValue(revision)?.ToString(CultureInfo.InvariantCulture)),
                ]);
        }));
        return command;
    }

    private static Argument<string[]> Files() => new("files")
    {
        Description = "A full backup, and increments on top of it in their order.",
        Arity = ArgumentArity.OneOrMore,
    };

    // A full path can't be taken for an option.
    private static IEnumerable<string> Full(IEnumerable<string> files) => files.Select(Path.GetFullPath);

    private static string[] Stated(string option, string? value) => value is null ? [] : [option, value];
}
