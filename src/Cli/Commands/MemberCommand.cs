using System.CommandLine;
using System.Text.Json;
using RaftCluster.Client;
using Spectre.Console;

namespace RaftCluster.Cli;

/// <summary><c>raftctl member</c>: who the members of the cluster are, and changes of that.</summary>
internal static class MemberCommand
{
    private static readonly string[] _ways = ["auto", "manual", "never"];

    internal static Command Create(Terminal terminal, GlobalOptions globals) => new("member", "Shows and changes who the members are.")
    {
        Listing(terminal, globals),
        Adding(terminal, globals),
        Role(terminal, globals, "promote", "voter", "Gives a learner that has caught up a vote."),
        Role(terminal, globals, "demote", "learner", "Takes a voter's vote; it keeps its copy."),
        Moving(terminal, globals),
        Removing(terminal, globals),
        Replacing(terminal, globals),
    };

    private static Command Listing(Terminal terminal, GlobalOptions globals)
    {
        var command = new Command("list", "Shows the members as the leader sees them: role, lag, last contact.");
        command.SetAction(CommandContext.ClientAction(
            terminal, globals, async (context, client) => await ShowAsync(context, await client.Members.ListAsync(context.Cancellation))));
        return command;
    }

    private static Command Adding(Terminal terminal, GlobalOptions globals)
    {
        var (id, url, peer, promote) = (Id("id", "The new member's name."), Url(), Peer(), Promote());
        var command = new Command("add", "Adds a member as a learner; then start its node with --join.") { id, url, peer, promote };
        command.SetAction(Change(terminal, globals, (context, client) => client.Members.AddAsync(
            new NewMember(
                context.Parsed.GetRequiredValue(id),
                context.Parsed.GetRequiredValue(url),
                context.Parsed.GetRequiredValue(peer),
                context.Parsed.GetRequiredValue(promote)),
            context.Cancellation)));
        return command;
    }

    private static Command Role(Terminal terminal, GlobalOptions globals, string name, string role, string description)
    {
        var id = Id("id", "The member's name.");
        var command = new Command(name, description) { id };
        command.SetAction(Change(terminal, globals, (context, client) => client.Members.AlterAsync(
            context.Parsed.GetRequiredValue(id), new MemberChange { Role = role }, context.Cancellation)));
        return command;
    }

    private static Command Moving(Terminal terminal, GlobalOptions globals)
    {
        var id = Id("id", "The member's name.");
        var url = new Option<string?>("--url") { Description = "The new base URL of its HTTP API.", HelpName = "url" };
        var peer = new Option<string?>("--peer") { Description = "The new address for the other nodes.", HelpName = "ip:port" };
        var command = new Command("move", "Says that a member has other addresses now.") { id, url, peer };
        command.Validators.Add(result =>
        {
            if (result.GetResult(url) is null && result.GetResult(peer) is null)
            {
                result.AddError("State --url, --peer or both.");
            }
        });
        command.SetAction(Change(terminal, globals, (context, client) => client.Members.AlterAsync(
            context.Parsed.GetRequiredValue(id),
            new MemberChange { Url = context.Parsed.GetValue(url), Peer = context.Parsed.GetValue(peer) },
            context.Cancellation)));
        return command;
    }

    private static Command Removing(Terminal terminal, GlobalOptions globals)
    {
        var id = Id("id", "The member's name.");
        var command = new Command("remove", "Removes a member; its node stops itself.") { id };
        command.SetAction(Change(terminal, globals, (context, client) => client.Members.RemoveAsync(
            context.Parsed.GetRequiredValue(id), context.Cancellation)));
        return command;
    }

    private static Command Replacing(Terminal terminal, GlobalOptions globals)
    {
        var old = Id("old", "The member that is to go.");
        var (id, url, peer) = (Id("new", "The name of the node that takes its place."), Url(), Peer());
        var within = new Option<TimeSpan>("--within")
        {
            Description = "How long the new node may take to catch up, as 10m.",
            HelpName = "time",
            CustomParser = Durations.Parse,
            DefaultValueFactory = _ => TimeSpan.FromMinutes(10),
        };
        var command = new Command(
            "replace", "Adds a member, waits until it has a vote, and removes another one. Start the new node with --join meanwhile.")
        { old, id, url, peer, within };
        command.SetAction(Change(terminal, globals, async (context, client) =>
        {
            var (parsed, cancellation) = (context.Parsed, context.Cancellation);
            var (gone, replacement) = (parsed.GetRequiredValue(old), parsed.GetRequiredValue(id));
            var members = await client.Members.ListAsync(cancellation);
            if (members.Members.All(member => member.Id != gone))
            {
                throw new ArgumentException($"There is no member {gone}.");
            }

            await client.Members.AddAsync(
                new NewMember(replacement, parsed.GetRequiredValue(url), parsed.GetRequiredValue(peer)), cancellation);
            await AwaitVoteAsync(context, client, replacement, parsed.GetValue(within));
            return await client.Members.RemoveAsync(gone, cancellation);
        }));
        return command;
    }

    private static async Task AwaitVoteAsync(CommandContext context, RaftClusterClient client, string id, TimeSpan within)
    {
        var time = context.Terminal.Time;
        var started = time.GetTimestamp();
        while (true)
        {
            var members = await client.Members.ListAsync(context.Cancellation);
            if (members.Members.FirstOrDefault(member => member.Id == id) is { Role: "voter" })
            {
                return;
            }

            if (time.GetElapsedTime(started) > within)
            {
                throw new RaftClusterException(
                    $"{id} is a learner and did not catch up within {Durations.Short(within)}; nothing was removed, and 'raftctl member list' shows how far it is.",
                    Outcome.NotApplied,
                    endpoint: null,
                    inner: null);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(500), time, context.Cancellation);
        }
    }

    private static Func<ParseResult, CancellationToken, Task<int>> Change(
        Terminal terminal, GlobalOptions globals, Func<CommandContext, RaftClusterClient, Task<MembershipInfo>> change) =>
        CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            try
            {
                return await ShowAsync(context, await change(context, client));
            }
            catch (OutcomeUnknownException unknown)
            {
                return context.Fail(
                    ExitCodes.OutcomeUnknown, unknown.Code ?? "outcome-unknown", unknown.Message,
                    "'raftctl member list' shows whether the change was made; making it again does no harm.");
            }
        });

    private static async Task<int> ShowAsync(CommandContext context, MembershipInfo info)
    {
        if (context.Json)
        {
            await context.Terminal.Out.WriteLineAsync(JsonSerializer.Serialize(
                new MembersLine(info.Index, info.Committed, info.Members), CliJson.Readable.MembersLine));
            return ExitCodes.Ok;
        }

        var table = new Table().Border(TableBorder.Rounded).AddColumns("member", "role", "promotion")
            .AddNumbers("match", "lag", "last contact").AddColumns("http", "peer");
        foreach (var member in info.Members)
        {
            _ = table.AddRow(
                Markup.Escape(member.Id),
                member.Role == "learner" ? "[yellow]learner[/]" : Markup.Escape(member.Role ?? "-"),
                member.Role == "learner" ? Markup.Escape(member.Promote ?? "-") : "",
                Numbers.Show(member.MatchIndex),
                Numbers.Show(member.Lag),
                member.LastContactMs is { } ms ? Durations.Short(TimeSpan.FromMilliseconds(ms)) : "never",
                Markup.Escape(member.Url?.GetLeftPart(UriPartial.Authority) ?? "-"),
                Markup.Escape(member.Peer ?? "-"));
        }

        context.Terminal.Canvas.Write(table);
        if (!info.Committed)
        {
            await context.Terminal.Error.WriteLineAsync("raftctl: this is not committed yet, and may still change back.");
        }

        return ExitCodes.Ok;
    }

    private static Argument<string> Id(string name, string description) => new(name) { Description = description };

    private static Argument<string> Url() => new("url") { Description = "The base URL of its HTTP API, as http://10.0.0.4:8001." };

    private static Argument<string> Peer() => new("peer") { Description = "Where it listens for the other nodes, as 10.0.0.4:7001." };

    private static Option<string> Promote()
    {
        var option = new Option<string>("--promote")
        {
            Description = "How it gets a vote: auto when it has caught up, manual, or never (a read replica).",
            HelpName = "way",
            DefaultValueFactory = _ => "auto",
        };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } way && !_ways.Contains(way))
            {
                result.AddError("--promote is auto, manual or never.");
            }
        });
        return option;
    }
}

internal sealed record MembersLine(long Index, bool Committed, IReadOnlyList<ListedMember> Members);
