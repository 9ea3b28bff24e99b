using System.CommandLine;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary>The options of every command that lists rows.</summary>
internal sealed class RangeOptionsOf
{
    private readonly Option<string?> _prefix = new("--prefix") { Description = "Only keys that begin so.", HelpName = "prefix" };
    private readonly Option<string?> _start = new("--start") { Description = "From this key on.", HelpName = "key" };
    private readonly Option<string?> _end = new("--end") { Description = "Up to this key, without it.", HelpName = "key" };
    private readonly Option<long?> _limit = new("--limit") { Description = "At most so many rows.", HelpName = "rows" };
    private readonly Option<bool> _keys = new("--keys") { Description = "Only the keys." };
    private readonly Option<bool> _count = new("--count") { Description = "Only how many there are." };
    private readonly Option<bool> _descending = new("--desc") { Description = "From the last key to the first." };

    internal RangeOptionsOf(Command command)
    {
        foreach (var option in (Option[])[_prefix, _start, _end, _limit, _keys, _count, _descending])
        {
            command.Add(option);
        }

        command.Validators.Add(result =>
        {
            if (result.Given(_prefix) is not null && (result.Given(_start) ?? result.Given(_end)) is not null)
            {
                result.AddError("--prefix and --start or --end exclude each other.");
            }

            if (result.Given(_limit) is < 1)
            {
                result.AddError("--limit is 1 or more.");
            }
        });
    }

    internal bool Counts(ParseResult parsed) => parsed.GetValue(_count);

    internal RangeQuery From(ParseResult parsed) => new()
    {
        Prefix = parsed.GetValue(_prefix),
        Start = parsed.GetValue(_start),
        End = parsed.GetValue(_end),
        Limit = parsed.GetValue(_limit),
        KeysOnly = parsed.GetValue(_keys),
        Descending = parsed.GetValue(_descending),
    };
}
