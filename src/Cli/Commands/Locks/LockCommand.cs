using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary><c>raftctl lock</c>: runs a command while it holds a lock; shows and releases locks.</summary>
internal static class LockCommand
{
    internal static Command Create(Terminal terminal, GlobalOptions globals)
    {
        var name = new Argument<string>("name") { Description = "The lock's name." };
        var guard = new Option<string[]>("--guard")
        {
            Description = "Rows whose keys begin so are writable with this lock's fence alone, from now on; may be repeated.",
            HelpName = "prefix",
            Arity = ArgumentArity.OneOrMore,
        };
        var table = new Option<string>("--guard-table")
        {
            Description = "The table of the guarded rows.",
            HelpName = "name",
            DefaultValueFactory = _ => "kv",
        };
        var command = new Command(
            "lock",
            "Runs a command while it holds a lock, releases the lock, and ends with the command's exit code.\n\n"
            + "  raftctl lock jobs/nightly --wait 1m -- ./nightly.sh\n\n"
            + "The command finds RAFT_LOCK (the name), RAFT_FENCE (name;N) and RAFT_ENDPOINTS in its environment; what raftctl\n"
            + "writes under it carries the fence by itself. Signals are passed on to it. When the lock is lost (the cluster could\n"
            + "not be reached for --ttl, or somebody released it) the command is stopped: SIGTERM, then SIGKILL after --grace.\n\n"
            + "Exit codes of its own: 75 another holds it and the wait is over, 76 it was lost, 127 the command can't be started.")
        {
            name, guard, table,
            Status(terminal, globals),
            Release(terminal, globals),
        };
        var hold = new HoldOptionsOf(command);
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var options = hold.From(context.Parsed) with
            {
                Guard = [.. (context.Parsed.GetValue(guard) ?? []).Select(prefix => new LockGuard(context.Parsed.GetRequiredValue(table), prefix))],
            };
            var held = await client.Locks.AcquireAsync(context.Parsed.GetRequiredValue(name), options, context.Cancellation);
            return await HeldRun.RunAsync(
                context,
                new Hold("lock", held.Fence, held.ReleaseAsync, held.Lost) { Owner = held.Owner, Lease = held.Lease },
                hold.Command(context.Parsed),
                hold.Grace(context.Parsed));
        }));
        return command;
    }

    private static Command Status(Terminal terminal, GlobalOptions globals)
    {
        var name = new Argument<string>("name") { Description = "The lock's name." };
        var command = new Command("status", "Shows who holds a lock, and who waits; exit code 1 when nobody holds it.") { name };
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var asked = context.Parsed.GetRequiredValue(name);
            var status = await client.Locks.GetAsync(asked, cancellation: context.Cancellation);
            var isHeld = status?.Owner is not null;
            if (context.Json)
            {
                await terminal.Out.WriteLineAsync(JsonSerializer.Serialize(new LockLine(asked, isHeld, status), CliJson.Readable.LockLine));
                return isHeld ? ExitCodes.Ok : ExitCodes.NotFound;
            }

            await terminal.Out.WriteLineAsync(isHeld
                ? $"held by '{status!.Owner}', fence {new Fence(asked, status.Fence)}{Since(status.Since)}"
                : "free");
            foreach (var guard in status?.Guard ?? [])
            {
                await terminal.Out.WriteLineAsync($"guards {guard.Table} '{RowText.Escaped(guard.Prefix)}'");
            }

            foreach (var waiter in status?.Waiters ?? [])
            {
                await terminal.Out.WriteLineAsync($"'{waiter.Owner}' waits{Since(waiter.Since)}");
            }

            return isHeld ? ExitCodes.Ok : ExitCodes.NotFound;
        }));
        return command;
    }

    private static Command Release(Terminal terminal, GlobalOptions globals)
    {
        var name = new Argument<string>("name") { Description = "The lock's name." };
        var owner = new Option<string?>("--owner") { Description = "Ends this owner's hold, or wait.", HelpName = "name" };
        var fence = new Option<long?>("--fence") { Description = "Ends the hold of this number.", HelpName = "number" };
        var force = new Option<bool>("--force") { Description = "Ends the hold, whoever's it is." };
        var drop = new Option<bool>("--drop-guard") { Description = "Also opens the rows that the lock guards to everybody." };
        var command = new Command("release", "Ends a hold on a lock: the next in the queue has it. Exit code 1 when there was none such.")
        {
            name, owner, fence, force, drop,
        };
        command.Validators.Add(result =>
        {
            var ways = (result.Given(owner) is null ? 0 : 1) + (result.Given(fence) is null ? 0 : 1) + (result.Given(force) ? 1 : 0);
            if (ways != 1)
            {
                result.AddError("Say whose hold ends: --owner, or --fence, or --force.");
            }
        });
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var asked = context.Parsed.GetRequiredValue(name);
            var release = new LockRelease
            {
                Owner = context.Parsed.GetValue(owner),
                Fence = context.Parsed.GetValue(fence),
                Force = context.Parsed.GetValue(force),
                DropGuard = context.Parsed.GetValue(drop),
            };
            var released = await client.Locks.ReleaseAsync(asked, release, context.Cancellation);
            if (context.Json)
            {
                await terminal.Out.WriteLineAsync(JsonSerializer.Serialize(new ReleaseLine(asked, released), CliJson.Readable.ReleaseLine));
                return released ? ExitCodes.Ok : ExitCodes.NotFound;
            }

            if (!released)
            {
                return context.Fail(ExitCodes.NotFound, "not-held", $"there is no such hold on the lock '{asked}'");
            }

            await terminal.Out.WriteLineAsync("released");
            return ExitCodes.Ok;
        }));
        return command;
    }

    private static string Since(DateTimeOffset? since) =>
        since is { } at ? string.Create(CultureInfo.InvariantCulture, $", since {at:yyyy-MM-dd'T'HH:mm:ss'Z'}") : "";
}
