using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace RaftCluster.Cli;

/// <summary><c>raftctl lease</c>: leases, by hand.</summary>
internal static class LeaseCommand
{
    internal static Command Create(Terminal terminal, GlobalOptions globals) => new(
        "lease",
        "Grants, shows, keeps alive and revokes leases. A lease that runs out takes its rows with it.\n\n"
        + "  id=$(raftctl lease grant 30s); raftctl put services/web/1 10.0.0.7:80 --lease $id")
    {
        Grant(terminal, globals),
        Get(terminal, globals),
        KeepAlive(terminal, globals),
        Revoke(terminal, globals),
    };

    private static Command Grant(Terminal terminal, GlobalOptions globals)
    {
        var ttl = new Argument<TimeSpan>("ttl")
        {
            Description = "How long it lives after the last sign of life, as 30s.",
            CustomParser = Durations.Parse,
        };
        var owner = new Option<string?>("--owner") { Description = "Whose it is, for those who look.", HelpName = "name" };
        var command = new Command("grant", "Grants a lease and prints its id.") { ttl, owner };
        var write = new WriteOptionsOf(command, conditions: false);
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var grant = await client.Leases.GrantAsync(
                context.Parsed.GetRequiredValue(ttl), context.Parsed.GetValue(owner), write.From(context), context.Cancellation);
            await terminal.Out.WriteLineAsync(context.Json
                ? JsonSerializer.Serialize(
                    new LeaseLine(grant.Id, Found: true, grant.TimeToLive.TotalMilliseconds, Replayed: grant.Replayed ? true : null),
                    CliJson.Readable.LeaseLine)
                : grant.Id.ToString(CultureInfo.InvariantCulture));
            return ExitCodes.Ok;
        }));
        return command;
    }

    private static Command Get(Terminal terminal, GlobalOptions globals)
    {
        var id = Id();
        var command = new Command("get", "Shows a lease: how long it has left, and its rows, a line each.") { id };
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var lease = await client.Leases.GetAsync(context.Parsed.GetRequiredValue(id), context.Cancellation);
            if (lease is null)
            {
                return await AbsentAsync(context, context.Parsed.GetRequiredValue(id));
            }

            if (context.Json)
            {
                var line = new LeaseLine(
                    lease.Id, Found: true, lease.TimeToLive.TotalMilliseconds, lease.Remaining?.TotalMilliseconds, lease.Owner, lease.Rows);
                await terminal.Out.WriteLineAsync(JsonSerializer.Serialize(line, CliJson.Readable.LeaseLine));
                return ExitCodes.Ok;
            }

            var left = lease.Remaining is { } remaining
                ? string.Create(CultureInfo.InvariantCulture, $"{remaining.TotalSeconds:0.0}s")
                : "?";
            await terminal.Out.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"lease {lease.Id}: {left} left of {lease.TimeToLive.TotalSeconds:0.###}s{(lease.Owner is null ? "" : $", of '{lease.Owner}'")}"));
            foreach (var row in lease.Rows)
            {
                await terminal.Out.WriteLineAsync($"{row.Table}\t{RowText.Escaped(row.Key)}");
            }

            return ExitCodes.Ok;
        }));
        return command;
    }

    private static Command KeepAlive(Terminal terminal, GlobalOptions globals)
    {
        var id = Id();
        var once = new Option<bool>("--once") { Description = "Gives it its time again once, and ends." };
        var command = new Command(
            "keep-alive",
            "Keeps a lease alive until interrupted; ends with exit code 1 when the lease is gone.") { id, once };
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var lease = context.Parsed.GetRequiredValue(id);
            if (await client.Leases.GetAsync(lease, context.Cancellation) is not { } status
                || !await client.Leases.KeepAliveAsync(lease, context.Cancellation))
            {
                return await AbsentAsync(context, lease);
            }

            try
            {
                while (!context.Parsed.GetValue(once))
                {
                    await Task.Delay(status.TimeToLive / 3, terminal.Time, context.Cancellation);
                    if (!await client.Leases.KeepAliveAsync(lease, context.Cancellation))
                    {
                        return await AbsentAsync(context, lease);
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // Interrupted is how it ends.
            }

            return ExitCodes.Ok;
        }));
        return command;
    }

    private static Command Revoke(Terminal terminal, GlobalOptions globals)
    {
        var id = Id();
        var command = new Command("revoke", "Ends a lease, with all its rows, in one transaction.") { id };
        var write = new WriteOptionsOf(command, conditions: false);
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var lease = context.Parsed.GetRequiredValue(id);
            if (!await client.Leases.RevokeAsync(lease, write.From(context), context.Cancellation))
            {
                return await AbsentAsync(context, lease);
            }

            await terminal.Out.WriteLineAsync(context.Json
                ? JsonSerializer.Serialize(new LeaseLine(lease, Found: true), CliJson.Readable.LeaseLine)
                : "revoked");
            return ExitCodes.Ok;
        }));
        return command;
    }

    private static Argument<long> Id() => new("id")
    {
        Description = "The lease's id.",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id < 1)
            {
                result.AddError($"'{text}' is no lease's id, which is a number from 1.");
            }

            return id;
        },
    };

    private static async Task<int> AbsentAsync(CommandContext context, long id)
    {
        if (!context.Json)
        {
            return context.Fail(ExitCodes.NotFound, "not-found", string.Create(CultureInfo.InvariantCulture, $"there is no lease {id}"));
        }

        await context.Terminal.Out.WriteLineAsync(JsonSerializer.Serialize(new LeaseLine(id, Found: false), CliJson.Readable.LeaseLine));
        return ExitCodes.NotFound;
    }
}
