using System.CommandLine;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary>The options of every command that runs another while it holds a lock.</summary>
internal sealed class HoldOptionsOf
{
    private readonly Argument<string[]> _command = new("command")
    {
        Description = "The command to run, after '--', with its words.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<TimeSpan> _ttl = new("--ttl")
    {
        Description = "How long the lock outlives this process, or its connection to the cluster.",
        HelpName = "time",
        CustomParser = Durations.Parse,
        DefaultValueFactory = _ => TimeSpan.FromSeconds(10),
    };

    private readonly Option<TimeSpan?> _wait = new("--wait")
    {
        Description = "How long to wait in the queue while another has it; 0 not at all. Default: as long as it takes.",
        HelpName = "time",
        CustomParser = result => result.Tokens[0].Value is "0" or "0s" ? TimeSpan.Zero : Durations.Parse(result),
    };

    private readonly Option<string?> _owner = new("--owner")
    {
        Description = "As whom. To the cluster the same owner is the same holder. Default: a name that nobody else has.",
        HelpName = "name",
    };

    private readonly Option<TimeSpan> _grace = new("--grace")
    {
        Description = "How long a command that is stopped may take to end after SIGTERM before SIGKILL.",
        HelpName = "time",
        CustomParser = Durations.Parse,
        DefaultValueFactory = _ => TimeSpan.FromSeconds(5),
    };

    internal HoldOptionsOf(Command command)
    {
        command.Add(_command);
        foreach (var option in (Option[])[_ttl, _wait, _owner, _grace])
        {
            command.Add(option);
        }
    }

    internal string[] Command(ParseResult parsed) => parsed.GetRequiredValue(_command);

    internal TimeSpan Grace(ParseResult parsed) => parsed.GetValue(_grace);

    internal LockOptions From(ParseResult parsed) => new()
    {
        TimeToLive = parsed.GetValue(_ttl),
        Wait = parsed.GetValue(_wait),
        Owner = parsed.GetValue(_owner),
    };
}
