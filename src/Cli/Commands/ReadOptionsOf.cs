using System.CommandLine;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary>The options of every command that reads.</summary>
internal sealed class ReadOptionsOf
{
    private readonly Option<long?> _revision = new("--rev")
    {
        Description = "Reads as of this revision.",
        HelpName = "revision",
    };

    private readonly Option<Consistency> _consistency = new("--consistency")
    {
        Description = "How fresh: linearizable, session, bounded (with --max-staleness) or local.",
        DefaultValueFactory = _ => Consistency.Linearizable,
        HelpName = "level",
    };

    private readonly Option<TimeSpan?> _staleness = new("--max-staleness")
    {
        Description = "With --consistency bounded: how far behind the leader the answer may be, as 500ms.",
        HelpName = "time",
        CustomParser = result => Durations.Parse(result),
    };

    internal ReadOptionsOf(Command command)
    {
        command.Add(_revision);
        command.Add(_consistency);
        command.Add(_staleness);
    }

    internal ReadOptions From(ParseResult parsed) => new()
    {
        Revision = parsed.GetValue(_revision),
        Consistency = parsed.GetValue(_consistency),
        MaxStaleness = parsed.GetValue(_staleness),
    };
}
