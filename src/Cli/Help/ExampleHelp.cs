using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace RaftCluster.Cli;

/// <summary>What <c>--help</c> shows behind descriptions and options: examples, and exit codes.</summary>
internal sealed class ExampleHelp(HelpAction before, TextWriter output) : SynchronousCommandLineAction
{
    /// <summary>Has the help of all commands of a program show them.</summary>
    internal static void Extend(RootCommand root, Terminal terminal)
    {
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new ExampleHelp((HelpAction)help.Action!, terminal.Out);
    }

    /// <inheritdoc/>
    /// <remarks>What is missing on the command line is what help was asked for.</remarks>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var code = before.Invoke(parseResult);
        var path = PathOf(parseResult.CommandResult);
        if (Examples.Of(path) is { } examples)
        {
            output.WriteLine("Examples:");
            foreach (var example in examples)
            {
                output.WriteLine($"  {example}");
            }

            output.WriteLine();
        }

        output.WriteLine("Exit codes:");
        foreach (var line in ExitCodesOf(path))
        {
            output.WriteLine($"  {line}");
        }

        output.WriteLine();
        return code;
    }

    /// <summary>The names of a command and those above it: <c>leader transfer</c>; empty for the program itself.</summary>
    internal static string PathOf(System.CommandLine.Parsing.CommandResult command)
    {
        var names = new Stack<string>();
        for (System.CommandLine.Parsing.SymbolResult? at = command; at is System.CommandLine.Parsing.CommandResult found; at = at.Parent)
        {
            if (found.Command is not RootCommand)
            {
                names.Push(found.Command.Name);
            }
        }

        return string.Join(' ', names);
    }

    private static string[] ExitCodesOf(string path) => path == "doctor"
        ? ["0  nothing is to be done", "1  warnings", "2  something critical, or a wrong command line"]
        :
        [
            "0  done                                4  no node reached, or no leader",
            "1  no such row, table, lease or lock   5  outcome unknown",
            "2  wrong command line                  6  refused",
            "3  precondition failed                 7  trouble on this machine",
            "'raftctl exit-codes' tells all of them.",
        ];
}
