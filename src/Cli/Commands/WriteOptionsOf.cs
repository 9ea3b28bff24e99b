using System.Collections.Immutable;
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

    private readonly Option<Fence[]> _fences = new("--fence")
    {
        Description = "Only while this grant of a lock is the current one, as 'name;N'; may be repeated. Default: RAFT_FENCE, as 'raftctl lock' sets it.",
        HelpName = "fence",
        CustomParser = result => [.. result.Tokens.Select(token => FenceOf(result, token.Value))],
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _key = new("--idempotency-key")
    {
        Description = "The write's own key: however often it is sent with it, also by another process, it happens once. Default: one made for this run.",
        HelpName = "key",
    };

    /// <param name="command">The command.</param>
    /// <param name="conditions">Whether it writes one thing, on which there can be a condition.</param>
    internal WriteOptionsOf(Command command, bool conditions = true)
    {
        if (conditions)
        {
            command.Add(_ifMatch);
            command.Add(_ifNoneMatch);
        }

        command.Add(_durability);
        command.Add(_fences);
        command.Add(_key);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_ifMatch) is not null && result.GetResult(_ifNoneMatch) is not null)
            {
                result.AddError("--if-match and --if-none-match exclude each other.");
            }

            if (result.Given(_key) is { } key && KeyFault(key) is { } fault)
            {
                result.AddError($"--idempotency-key: {fault}");
            }
        });
    }

    /// <exception cref="ArgumentException">RAFT_FENCE is malformed.</exception>
    internal WriteOptions From(CommandContext context)
    {
        var match = context.Parsed.GetValue(_ifMatch);
        context.IdempotencyKey = context.Parsed.GetValue(_key) ?? Guid.CreateVersion7().ToString("N");
        return new WriteOptions
        {
            When = match == Precondition.None ? context.Parsed.GetValue(_ifNoneMatch) : match,
            Durability = context.Parsed.GetValue(_durability),
            Fences = context.Parsed.GetValue(_fences) is { Length: > 0 } fences ? [.. fences] : Surrounding(context),
            Idempotency = Idempotency.Key(context.IdempotencyKey),
        };
    }

    /// <summary>The lock under which this process runs, if any.</summary>
    private static ImmutableArray<Fence> Surrounding(CommandContext context) => context.Terminal.Environment("RAFT_FENCE") switch
    {
        null or "" => [],
        var text => Fence.TryParse(text, out var fence)
            ? [fence]
            : throw new ArgumentException($"RAFT_FENCE: '{text}' is no fence; it is written name;N."),
    };

    private static Fence FenceOf(ArgumentResult result, string text)
    {
        if (!Fence.TryParse(text, out var fence))
        {
            result.AddError($"'{text}' is no fence; write 'name;N', with N from 1.");
        }

        return fence;
    }

    private static string? KeyFault(string key)
    {
        try
        {
            _ = Idempotency.Key(key);
            return null;
        }
        catch (ArgumentException wrong)
        {
            return wrong.Message.Split(" (Parameter")[0];
        }
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
