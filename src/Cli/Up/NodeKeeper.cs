using System.Threading.Channels;

namespace RaftCluster.Cli.Up;

/// <summary>Keeps one node running: starts it, and starts it again when it ends, ever later while it keeps ending soon.</summary>
internal sealed class NodeKeeper(
    NodePlace place, Func<NodeProcess> start, bool restarts, ChannelWriter<UpEvent> events, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan _firstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _soon = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Ctrl-C reaches the nodes as well as this process, in any order: an end just before the wish to stop is part of it.
    /// </summary>
    private static readonly TimeSpan _grace = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private NodeProcess _process = start();
    private bool _stopping;

    internal NodePlace Place => place;

    internal NodeProcess Process
    {
        get
        {
            lock (_lock)
            {
                return _process;
            }
        }
    }

    internal Phase Phase { get; private set; }

    internal int Restarts { get; private set; }

    /// <summary>Ends when the node stays down or the stop was asked for; the process may then still run.</summary>
    internal async Task KeepAsync(CancellationToken stop)
    {
        var soon = 0;
        while (true)
        {
            var process = Process;
            try
            {
                var code = await process.Exited.WaitAsync(stop);
                await Task.Delay(_grace, time, stop);
                await events.WriteAsync(new UpEvent.Exited(place.Id, process.Pid, code, process.LastWords), stop);
                if (!restarts || ProcessEnd.IsHopeless(code))
                {
                    Phase = Phase.Down;
                    var why = restarts ? "starting it again would end the same way" : "--no-restart";
                    await events.WriteAsync(new UpEvent.GivenUp(place.Id, why), stop);
                    return;
                }

                Phase = Phase.Restarting;
                soon = time.GetElapsedTime(process.StartedAt) > _soon ? 0 : soon + 1;
                await Task.Delay(PauseBefore(soon), time, stop);
                if (!StartAgain(process))
                {
                    return;
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (UpRefusedException refused)
            {
                Phase = Phase.Down;
                await events.WriteAsync(new UpEvent.GivenUp(place.Id, refused.Message), CancellationToken.None);
                return;
            }

            Phase = Phase.Running;
            Restarts++;
            await events.WriteAsync(new UpEvent.Restarted(place.Id, Process.Pid, Restarts), CancellationToken.None);
        }
    }

    /// <summary>Asks the process to stop, and kills it when it has not by <paramref name="bound"/> or in a hurry.</summary>
    internal async Task StopAsync(TimeSpan bound, CancellationToken hurry)
    {
        NodeProcess process;
        lock (_lock)
        {
            // From here on no process is started.
            _stopping = true;
            process = _process;
        }

        process.AskToStop();
        try
        {
            _ = await process.Exited.WaitAsync(bound, time, hurry);
        }
        catch (Exception late) when (late is TimeoutException or OperationCanceledException)
        {
            process.Kill();
            await events.WriteAsync(new UpEvent.Killed(place.Id), CancellationToken.None);
            _ = await process.Exited;
        }
    }

    /// <summary>Cuts short what the process waits for in its stop.</summary>
    internal void Hurry() => Process.Hurry();

    public void Dispose() => Process.Dispose();

    /// <summary>Twice as long for each time in a row that the node ended soon after its start.</summary>
    internal static TimeSpan PauseBefore(int soonEnds)
    {
        // Ten doublings are far beyond the longest pause.
        var pause = _firstPause * (1 << Math.Clamp(soonEnds - 1, 0, 10));
        return pause < _longestPause ? pause : _longestPause;
    }

    private bool StartAgain(NodeProcess ended)
    {
        lock (_lock)
        {
            if (_stopping)
            {
                return false;
            }

            ended.Dispose();
            _process = start();
            return true;
        }
    }
}
