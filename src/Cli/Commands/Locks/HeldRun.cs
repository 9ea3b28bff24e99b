using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary>Runs a command for as long as a lock is held: stops it when the lock is lost, and passes on signals meanwhile.</summary>
internal static class HeldRun
{
    /// <summary>Runs it, and gives up the hold.</summary>
    /// <returns>Its exit code; <see cref="ExitCodes.LockLost"/> when it ran without the lock.</returns>
    internal static async Task<int> RunAsync(CommandContext context, Hold hold, string[] command, TimeSpan grace)
    {
        int? exitCode;
        try
        {
            exitCode = await RunWhileHeldAsync(context, hold, command, grace);
        }
        catch (OperationCanceledException)
        {
            _ = await ReleaseAsync(context, hold);
            throw;
        }
        catch (Win32Exception failed)
        {
            _ = await ReleaseAsync(context, hold);
            return context.Fail(ExitCodes.CommandNotStarted, "command-not-started", $"'{command[0]}' can't be started: {failed.Message}");
        }

        var heldToTheEnd = await ReleaseAsync(context, hold);
        if (exitCode is { } code && heldToTheEnd)
        {
            return code;
        }

        return context.Fail(
            ExitCodes.LockLost,
            "lock-lost",
            exitCode is null
                ? $"the {hold.What} '{hold.Fence.Lock}' was lost: the command was stopped"
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"the {hold.What} '{hold.Fence.Lock}' was lost before the command ended, with exit code {exitCode}"));
    }

    /// <summary>Its exit code; null when it was stopped because the lock was lost.</summary>
    private static async Task<int?> RunWhileHeldAsync(CommandContext context, Hold hold, string[] command, TimeSpan grace)
    {
        using var signals = new SignalPasser(context.Terminal.Signals);
        context.Cancellation.ThrowIfCancellationRequested();
        using var process = Process.Start(Start(context, hold, command))!;
        // Its end is awaited whatever this process is told: signals are passed on, and it decides what they mean.
        var exited = process.WaitForExitAsync(CancellationToken.None);
        signals.PassTo(process.Id, exited);
        await SayAsync(context, new HoldLine("running", hold.Fence.Lock, hold.Fence.ToString(), hold.Owner, hold.Lease, process.Id));
        var lost = Task.Delay(Timeout.InfiniteTimeSpan, hold.Lost);
        if (await Task.WhenAny(exited, lost) == exited)
        {
            return process.ExitCode;
        }

        await SayAsync(context, new HoldLine("lost", hold.Fence.Lock, hold.Fence.ToString(), hold.Owner, hold.Lease, process.Id));
        await StopAsync(process, exited, grace, context.Terminal.Time);
        return null;
    }

    private static async Task StopAsync(Process process, Task exited, TimeSpan grace, TimeProvider time)
    {
        if (!OperatingSystem.IsWindows())
        {
            Posix.Send(process.Id, Posix.SIGTERM);
            using var over = new CancellationTokenSource();
            var first = await Task.WhenAny(exited, Task.Delay(grace, time, over.Token));
            await over.CancelAsync();
            if (first == exited)
            {
                return;
            }
        }

        process.Kill(entireProcessTree: true);
        await exited;
    }

    private static async Task<bool> ReleaseAsync(CommandContext context, Hold hold)
    {
        try
        {
            // Also after Ctrl-C: the next one should not have to wait for the lock's end.
            return await hold.Release(CancellationToken.None);
        }
        catch (RaftClusterException failed)
        {
            await context.Terminal.Error.WriteLineAsync(
                $"raftctl: the {hold.What} '{hold.Fence.Lock}' could not be released and ends with its time to live: {failed.Message}");
            return !hold.Lost.IsCancellationRequested;
        }
    }

    /// <summary>Standard output is the command's own, so this is said on standard error, and to programs alone.</summary>
    private static Task SayAsync(CommandContext context, HoldLine line) => context.Json
        ? context.Terminal.Error.WriteLineAsync(JsonSerializer.Serialize(line, CliJson.Readable.HoldLine))
        : Task.CompletedTask;

    private static ProcessStartInfo Start(CommandContext context, Hold hold, string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { UseShellExecute = false };
        start.Environment["RAFT_LOCK"] = hold.Fence.Lock;
        start.Environment["RAFT_FENCE"] = hold.Fence.ToString();
        start.Environment["RAFT_ENDPOINTS"] = context.Endpoints;
        return start;
    }
}
