using System.CommandLine;

namespace RaftCluster.Cli;

/// <summary>The commands of <c>raftctl</c>, put together.</summary>
internal static class Raftctl
{
    /// <summary>A word that begins with '@' is a value's file, and no file of further words.</summary>
    internal static readonly ParserConfiguration Grammar = new() { ResponseFileTokenReplacer = null };

    internal static async Task<int> RunAsync(string[] args, Terminal terminal, CancellationToken cancellation)
    {
        var parsed = Root(terminal).Parse(args, Grammar);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await terminal.Error.WriteLineAsync($"raftctl: {error.Message}");
            }

            await terminal.Error.WriteLineAsync($"See '{Path(parsed.CommandResult)} --help'.");
            return ExitCodes.Usage;
        }

        var surroundings = new InvocationConfiguration
        {
            Output = terminal.Out,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            // Signals are this program's own: a second one must be able to hurry the first.
            ProcessTerminationTimeout = null,
        };
        return await parsed.InvokeAsync(surroundings, cancellation);
    }

    internal static RootCommand Root(Terminal terminal)
    {
        var globals = new GlobalOptions();
        var root = new RootCommand(
            "Runs and talks to a RaftCluster.\n\n"
            + "Exit codes: 0 done, 1 no such row, 2 usage, 3 precondition failed, 4 unreachable or no leader,\n"
            + "5 outcome unknown, 6 refused, 7 local trouble; 'raftctl exit-codes' tells all.")
        {
            globals.Endpoints,
            globals.Json,
            globals.Timeout,
            UpCommand.Create(terminal, globals),
            StatusCommand.Create(terminal, globals),
            GetCommand.Create(terminal, globals),
            PutCommand.Create(terminal, globals),
            DeleteCommand.Create(terminal, globals),
            ListCommand.Create(terminal, globals),
            WatchCommand.Create(terminal, globals),
            AddCommand.Create(terminal, globals),
            TxnCommand.Create(terminal, globals),
            TableCommand.Create(terminal, globals),
            RowCommand.Create(terminal, globals),
            LeaseCommand.Create(terminal, globals),
            LockCommand.Create(terminal, globals),
            ElectCommand.Create(terminal, globals),
            MemberCommand.Create(terminal, globals),
            BackupCommand.Create(terminal, globals),
            RecoverCommand.Create(terminal, globals),
            LogCommand.Create(terminal, globals),
            CompactCommand.Create(terminal, globals),
            DoctorCommand.Create(terminal, globals),
            BundleCommand.Create(terminal, globals),
            LeaderCommand.Create(terminal, globals),
            FailoverCommand.Create(terminal, globals),
            NodeCommand.Create(terminal, globals),
            RollingRestartCommand.Create(terminal, globals),
            CompletionCommand.Create(terminal),
            ExitCodesCommand.Create(terminal),
        };
        ExampleHelp.Extend(root, terminal);
        return root;
    }

    private static string Path(System.CommandLine.Parsing.CommandResult command) =>
        ExampleHelp.PathOf(command) is { Length: > 0 } path ? $"raftctl {path}" : "raftctl";
}
