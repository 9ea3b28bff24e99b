using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary>One run of <c>raftctl rolling-restart</c>.</summary>
/// <param name="context">The command.</param>
/// <param name="client">The cluster.</param>
/// <param name="exec">How a node is restarted; null when somebody else does it.</param>
/// <param name="within">How long a node may take until it is back.</param>
/// <param name="skip">Nodes that are left as they are.</param>
internal sealed class RollingRestart(
    CommandContext context, RaftClusterClient client, string? exec, TimeSpan within, IReadOnlyList<string> skip)
{
    /// <summary>What lasts no longer than this is no trouble: an election, a slow answer.</summary>
    private static readonly TimeSpan _passing = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(200);

    /// <summary>How often a node is asked to leave leading, when nobody was elected in its place.</summary>
    private const int MostDrains = 5;

    private readonly List<string> _done = [.. skip];

    internal async Task<int> RunAsync(bool begins)
    {
        var look = await ClusterLook.TakeAsync(client, context.Cancellation);
        if (skip.FirstOrDefault(id => look.Find(id) is null) is { } stranger)
        {
            return context.Fail(ExitCodes.Usage, "usage", $"--skip {stranger}: there is no member {stranger}");
        }

        if (Next(look) is null)
        {
            return context.Fail(ExitCodes.Usage, "usage", "nothing to restart: all members are in --skip");
        }

        if (!begins)
        {
            await context.Terminal.Out.WriteLineAsync($"would restart {string.Join(", then ", Order(look))}");
            return context.Fail(ExitCodes.Usage, "not-begun", "nothing was done", "Add --yes to begin.");
        }

        try
        {
            while (Next(look) is { } next)
            {
                await RestartAsync(next);
                _done.Add(next);
                look = await ClusterLook.TakeAsync(client, context.Cancellation);
            }
        }
        catch (RestartStoppedException stopped)
        {
            return context.Fail(stopped.ExitCode, "restart-stopped", stopped.Message, $"{stopped.Next}{Resumption()}");
        }

        await SayAsync(new RestartLine("done"), $"done: {string.Join(", ", _done.Except(skip))}");
        return ExitCodes.Ok;
    }

    /// <summary>Learners and followers first, whoever leads last.</summary>
    private IEnumerable<string> Order(ClusterLook look) => look.Members
        .Where(member => !_done.Contains(member.Id))
        .OrderBy(member => member.Id == look.Leader ? 2 : member.IsVoter ? 1 : 0)
        .ThenBy(member => member.Id, StringComparer.Ordinal)
        .Select(member => member.Id);

    private string? Next(ClusterLook look) => Order(look).FirstOrDefault();

    private string Resumption() => _done.Count == 0
        ? "No node was restarted."
        : $"The same command with --skip {string.Join(',', _done)} goes on from here.";

    private async Task RestartAsync(string id)
    {
        var before = await CheckAsync(id);
        await DrainAsync(id);
        try
        {
            await OrderRestartAsync(before.Find(id)!);
            await AwaitReturnAsync(id, before.Find(id)!.Status!.Started);
        }
        catch (OperationCanceledException)
        {
            await context.Terminal.Error.WriteLineAsync(
                $"raftctl: interrupted; {id} may be drained still: 'raftctl node undrain {id}'. {Resumption()}");
            throw;
        }

        await UndrainAsync(id);
    }

    /// <summary>The cluster as it is, when the node may be stopped.</summary>
    private async Task<ClusterLook> CheckAsync(string id)
    {
        var begun = context.Terminal.Time.GetTimestamp();
        while (true)
        {
            var look = await ClusterLook.TakeAsync(client, context.Cancellation);
            if (look.WhyNot(id) is not { } why)
            {
                return look;
            }

            if (IsOver(begun, _passing))
            {
                throw new RestartStoppedException(ExitCodes.Refused, $"{id} can't be restarted now: {why}");
            }

            await PauseAsync();
        }
    }

    private async Task DrainAsync(string id, int tries = 1)
    {
        try
        {
            var leader = await client.DrainAsync(id, drained: true, context.Cancellation);
            await SayAsync(new RestartLine("drained", id), $"{id}: drained{(leader is null ? "" : $"; {leader.Id} leads")}");
        }
        catch (RaftClusterException refused) when (refused.Code == "leader-not-changed" && tries < MostDrains)
        {
            // Nothing has happened. Who has only just come back may be too slow yet to be elected in time.
            await PauseAsync();
            await DrainAsync(id, tries + 1);
        }
        catch (RaftClusterException refused)
        {
            throw new RestartStoppedException(
                ExitCodes.Refused, $"{id} can't be drained: {refused.Message}", $"'raftctl node undrain {id}' makes sure that it is not. ");
        }
    }

    private async Task UndrainAsync(string id)
    {
        try
        {
            _ = await client.DrainAsync(id, drained: false, context.Cancellation);
        }
        catch (RaftClusterException refused)
        {
            throw new RestartStoppedException(
                ExitCodes.Refused, $"{id} is back, and can't be undrained: {refused.Message}", $"'raftctl node undrain {id}' tries it again. ");
        }
    }

    private async Task OrderRestartAsync(MemberLook node)
    {
        if (exec is null)
        {
            await SayAsync(new RestartLine("restart", node.Id), $"{node.Id}: restart it now; waiting for it to come back");
            return;
        }

        await SayAsync(new RestartLine("restarting", node.Id), $"{node.Id}: restarting");
        var (code, said) = await RunAsync(exec
            .Replace("{node}", node.Id, StringComparison.Ordinal)
            .Replace("{host}", node.Listed.Url!.Host, StringComparison.Ordinal)
            .Replace("{pid}", node.Status!.Pid?.ToString(CultureInfo.InvariantCulture) ?? "", StringComparison.Ordinal));
        if (code != 0)
        {
            throw new RestartStoppedException(
                ExitCodes.Local,
                $"the command that restarts {node.Id} ended with exit code {code}{(said.Length > 0 ? $": {said}" : "")}",
                $"{node.Id} is left drained: 'raftctl node undrain {node.Id}' when it is well. ");
        }
    }

    /// <summary>Runs a command in the shell. What it says goes to standard error.</summary>
    /// <returns>Its exit code, and its last line.</returns>
    private async Task<(int Code, string Said)> RunAsync(string command)
    {
        string[] shell = OperatingSystem.IsWindows() ? ["cmd.exe", "/c", command] : ["/bin/sh", "-c", command];
        using var process = Process.Start(new ProcessStartInfo(shell[0], shell[1..])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var said = await Task.WhenAll(RelayAsync(process.StandardOutput), RelayAsync(process.StandardError));
        await process.WaitForExitAsync(context.Cancellation);
        return (process.ExitCode, said[1].Length > 0 ? said[1] : said[0]);
    }

    private async Task<string> RelayAsync(StreamReader from)
    {
        var last = "";
        while (await from.ReadLineAsync(context.Cancellation) is { } line)
        {
            await context.Terminal.Error.WriteLineAsync(line);
            last = line.Trim();
        }

        return last;
    }

    private async Task AwaitReturnAsync(string id, DateTimeOffset? startedBefore)
    {
        var begun = context.Terminal.Time.GetTimestamp();
        while (true)
        {
            string? trouble;
            try
            {
                var look = await ClusterLook.TakeAsync(client, context.Cancellation);
                var node = look.Find(id);
                trouble = node is null ? $"{id} is a member no more"
                    : node.Status is { } status && status.Started == startedBefore ? $"{id} was not restarted: it runs since {startedBefore:O}"
                    : node.Trouble;
                if (trouble is null)
                {
                    var took = context.Terminal.Time.GetElapsedTime(begun);
                    await SayAsync(
                        new RestartLine("back", id, node!.Status!.Version, (long)took.TotalMilliseconds),
                        $"{id}: back after {Durations.Short(took)}, version {node.Status.Version ?? "unknown"}");
                    return;
                }
            }
            catch (ClusterUnavailableException unavailable)
            {
                trouble = unavailable.Message;
            }

            if (IsOver(begun, within))
            {
                throw new RestartStoppedException(
                    ExitCodes.Unavailable,
                    $"{id} is not back within {Durations.Short(within)}: {trouble}",
                    $"{id} is left drained: when it is well, 'raftctl node undrain {id}', and add it to --skip. ");
            }

            await PauseAsync();
        }
    }

    private bool IsOver(long begun, TimeSpan limit) => context.Terminal.Time.GetElapsedTime(begun) > limit;

    private Task PauseAsync() => Task.Delay(_pause, context.Terminal.Time, context.Cancellation);

    private Task SayAsync(RestartLine line, string words) => context.Terminal.Out.WriteLineAsync(
        context.Json ? JsonSerializer.Serialize(line, CliJson.Readable.RestartLine) : words);
}

/// <summary>A rolling restart goes no further.</summary>
internal sealed class RestartStoppedException(int exitCode, string message, string next = "") : Exception(message)
{
    internal int ExitCode => exitCode;

    /// <summary>What to do about the node at hand.</summary>
    internal string Next => next;
}

internal sealed record RestartLine(string Event, string? Node = null, string? Version = null, long? Ms = null);
