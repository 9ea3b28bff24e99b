using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary>The options of every command that writes.</summary>
internal sealed class WriteOptionsOf
{
    private readonly Option<Precondition> _ifMatch = new("--if-match")
    {
        Description = "Only when the row's last change is this revision; '*' for any row that is there.",
        HelpName = "revision",
        CustomParser = result => Parse(result, Precondition.Exists, Precondition.AtRevision),
    };

    private readonly Option<Precondition> _ifNoneMatch = new("--if-none-match")
    {
        Description = "Only when the row is not there ('*'), or its last change is another revision.",
        HelpName = "revision",
        CustomParser = result => Parse(result, Precondition.Absent, Precondition.NotAtRevision),
    };

    private readonly Option<Durability> _durability = new("--durability")
    {
        Description = "Done when it is on the disks of a quorum, of all voters, or of the leader only (it may be lost).",
        DefaultValueFactory = _ => Durability.Quorum,
        HelpName = "level",
    };

    internal WriteOptionsOf(Command command)
    {
        command.Add(_ifMatch);
        command.Add(_ifNoneMatch);
        command.Add(_durability);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_ifMatch) is not null && result.GetResult(_ifNoneMatch) is not null)
            {
                result.AddError("--if-match and --if-none-match exclude each other.");
            }
        });
    }

    internal WriteOptions From(ParseResult parsed)
    {
        var match = parsed.GetValue(_ifMatch);
        return new WriteOptions
        {
            When = match == Precondition.None ? parsed.GetValue(_ifNoneMatch) : match,
            Durability = parsed.GetValue(_durability),
        };
    }

    private static Precondition Parse(ArgumentResult result, Precondition any, Func<long, Precondition> one)
    {
        var text = result.Tokens[0].Value.Trim('"');
        if (text == "*")
        {
            return any;
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var revision) && revision > 0)
        {
            return one(revision);
        }

        result.AddError($"'{text}' is not a revision; write a number from 1, or '*'.");
        return Precondition.None;
    }
}
