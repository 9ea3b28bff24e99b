using System.CommandLine;
using RaftCluster.Cli;

namespace RaftCluster.Tests.Cli;

/// <summary>Every command says what it does, what its words mean, and how it is used.</summary>
public sealed class HelpTests
{
    public static TheoryData<string> Commands => [.. Walk(Root(), "").Select(command => command.Path)];

    [Theory, MemberData(nameof(Commands))]
    public async Task A_command_describes_itself_its_arguments_and_options_and_has_examples_and_exit_codes(string path)
    {
        var command = Walk(Root(), "").Single(command => command.Path == path).Command;
        Assert.False(string.IsNullOrWhiteSpace(command.Description), $"'{path}' has no description");
        Assert.All(
            command.Arguments.Cast<Symbol>().Concat(command.Options).Where(symbol => !symbol.Hidden),
            symbol => Assert.False(string.IsNullOrWhiteSpace(symbol.Description), $"'{path}' does not describe {symbol.Name}"));

        var prompt = new Prompt();
        Assert.Equal(ExitCodes.Ok, await prompt.RunAsync([.. path.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]));
        Assert.Contains(command.Description!.Split('\n')[0], prompt.Out, StringComparison.Ordinal);
        Assert.Contains("Examples:\n  ", prompt.Out, StringComparison.Ordinal);
        Assert.Contains("Exit codes:\n  0", prompt.Out, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Commands))]
    public void Its_examples_are_of_it_and_right(string path)
    {
        var examples = Examples.Of(path);
        Assert.NotNull(examples);
        Assert.NotEmpty(examples);
        foreach (var example in examples)
        {
            Assert.Contains($"raftctl {path}".TrimEnd(), example, StringComparison.Ordinal);
            var parsed = Root().Parse(Words(example), Raftctl.Grammar);
            Assert.True(parsed.Errors.Count == 0, $"{example}: {string.Join("; ", parsed.Errors.Select(error => error.Message))}");
        }
    }

    [Fact]
    public async Task The_doctors_exit_codes_are_its_own()
    {
        var prompt = new Prompt();
        await prompt.RunAsync("doctor", "--help");
        Assert.Contains("1  warnings", prompt.Out, StringComparison.Ordinal);
    }

    /// <summary>All commands, of a tool that says nothing.</summary>
    internal static RootCommand Root() => Raftctl.Root(new Terminal
    {
        Out = TextWriter.Null,
        OutBytes = Stream.Null,
        Error = TextWriter.Null,
        In = Stream.Null,
        IsInteractive = false,
        Environment = _ => null,
    });

    private static IEnumerable<(string Path, Command Command)> Walk(Command command, string path) =>
    [
        (path, command),
        .. command.Subcommands.Where(inner => !inner.Hidden).SelectMany(inner => Walk(inner, $"{path} {inner.Name}".Trim())),
    ];

    /// <summary>The words behind the first "raftctl", as a shell makes them of simple quotes; what a shell puts in for $(…) is a 7.</summary>
    private static string[] Words(string example)
    {
        var line = example[(example.IndexOf("raftctl ", StringComparison.Ordinal) + "raftctl".Length)..];
        while (line.IndexOf("$(", StringComparison.Ordinal) is >= 0 and var at)
        {
            line = line[..at] + "7" + line[(line.IndexOf(')', at) + 1)..];
        }

        line = line.Split('>')[0].TrimEnd(')');
        return [.. line.Split('\'')
            .SelectMany((part, at) => at % 2 == 1 ? [part] : part.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
    }
}
