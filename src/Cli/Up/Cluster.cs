using System.Collections.Immutable;
using System.Threading.Channels;
using RaftCluster.Client;

namespace RaftCluster.Cli.Up;

/// <summary>A cluster of node processes on this machine, from its start to its end.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private static readonly TimeSpan _lookEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan _answerWithin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _stopWithin = TimeSpan.FromSeconds(20);

    /// <summary>How long the others may lag behind a leader that serves before the cluster counts as ready without them.</summary>
    private static readonly TimeSpan _waitForAll = TimeSpan.FromSeconds(10);

    private readonly ClusterLayout _layout;
    private readonly ChannelWriter<UpEvent> _events;
    private readonly TimeProvider _time;
    private readonly CancellationToken _hurry;
    private readonly RaftClusterClient _client;
    private readonly List<NodeKeeper> _keepers = [];

    internal Cluster(ClusterLayout layout, ChannelWriter<UpEvent> events, TimeProvider time, CancellationToken hurry)
    {
        (_layout, _events, _time, _hurry) = (layout, events, time, hurry);
        _client = new RaftClusterClient(new RaftClusterOptions
        {
            Endpoints = [.. layout.Nodes.Select(node => node.Http)],
            Time = time,
        });
    }

    /// <summary>Starts every node.</summary>
    /// <exception cref="UpRefusedException">One can't be started.</exception>
    internal void Start(NodeProgram program, string logLevel, bool restarts)
    {
        foreach (var place in _layout.Nodes)
        {
            _keepers.Add(new NodeKeeper(
                place, () => NodeProcess.Start(program, _layout, place, logLevel, _time), restarts, _events, _time));
        }
    }

    /// <summary>Waits until a leader serves, and all nodes do or have had their time.</summary>
    /// <exception cref="UpRefusedException">A node ended, or there was no leader within the patience.</exception>
    internal async Task<string> BecomeReadyAsync(TimeSpan patience, CancellationToken stop)
    {
        var started = _time.GetTimestamp();
        long? leaderSince = null;
        while (true)
        {
            var nodes = await LookAsync(stop);
            await _events.WriteAsync(new UpEvent.Seen(nodes), stop);
            await MustAllRunAsync();
            var leader = Leader(nodes);
            if (leader is { Ready: true })
            {
                leaderSince ??= _time.GetTimestamp();
                if (nodes.All(node => node.Ready) || _time.GetElapsedTime(leaderSince.Value) > _waitForAll)
                {
                    await _events.WriteAsync(new UpEvent.Ready(_layout, leader.Place.Id, nodes), stop);
                    return leader.Place.Id;
                }
            }

            if (_time.GetElapsedTime(started) > patience)
            {
                throw new UpRefusedException(
                    $"no leader within {Durations.Short(patience)}; the nodes' logs say why: {_layout.Nodes[0].Log} and its siblings.");
            }

            // An end is news at once; otherwise look again soon.
            _ = await Task.WhenAny([Task.Delay(_lookEvery / 2, _time, stop), .. _keepers.Select(keeper => keeper.Process.Exited)]);
            stop.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Keeps the nodes running and tells what happens, until asked to stop.</summary>
    internal async Task KeepAsync(string leader, CancellationToken stop)
    {
        var keeping = Task.WhenAll(_keepers.Select(keeper => keeper.KeepAsync(stop)));
        await WatchAsync(leader, stop);
        await keeping;
    }

    /// <summary>Stops every node, and leaves none behind.</summary>
    public async ValueTask DisposeAsync()
    {
        var stops = _keepers.Select(keeper => keeper.StopAsync(_stopWithin, _hurry)).ToArray();
        var stopped = 0;
        await foreach (var stop in Task.WhenEach(stops))
        {
            await stop;
            if (++stopped == (_keepers.Count / 2) + 1)
            {
                // Without a majority there is nobody left to hand over to, or to commit with.
                _keepers.ForEach(keeper => keeper.Hurry());
            }
        }

        _keepers.ForEach(keeper => keeper.Dispose());
        _client.Dispose();
    }

    private async Task WatchAsync(string leader, CancellationToken stop)
    {
        (string? Node, long Term) known = (leader, 0);
        try
        {
            while (true)
            {
                var nodes = await LookAsync(stop);
                await _events.WriteAsync(new UpEvent.Seen(nodes), stop);
                var leads = Leader(nodes);
                if (leads is null && known.Node is not null)
                {
                    known = (null, known.Term);
                    await _events.WriteAsync(new UpEvent.LeaderLost(), stop);
                }
                else if (leads is { Status: { } status })
                {
                    if (known.Node != leads.Place.Id || (known.Term != 0 && known.Term != status.Term))
                    {
                        await _events.WriteAsync(new UpEvent.LeaderChanged(leads.Place.Id, status.Term), stop);
                    }

                    known = (leads.Place.Id, status.Term);
                }

                await Task.Delay(_lookEvery, _time, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to stop: the nodes are stopped by whoever disposes of this.
        }
    }

    private async Task MustAllRunAsync()
    {
        foreach (var keeper in _keepers)
        {
            var process = keeper.Process;
            if (process.Exited.IsCompleted)
            {
                var reason = ProcessEnd.Describe(await process.Exited, process.LastWords);
                throw new UpRefusedException($"{keeper.Place.Id} did not start, {reason} (log: {keeper.Place.Log})");
            }
        }
    }

    /// <summary>The node that leads in the highest term: a deposed leader may not know it yet.</summary>
    private static NodeState? Leader(ImmutableArray<NodeState> nodes) =>
        nodes.Where(node => node.Status?.Role == "leader").MaxBy(node => node.Status!.Term);

    private async Task<ImmutableArray<NodeState>> LookAsync(CancellationToken stop) =>
        [.. await Task.WhenAll(_keepers.Select(keeper => LookAsync(keeper, stop)))];

    private async Task<NodeState> LookAsync(NodeKeeper keeper, CancellationToken stop)
    {
        var process = keeper.Process;
        var phase = process.Exited.IsCompleted && keeper.Phase is Phase.Running ? Phase.Restarting : keeper.Phase;
        ClusterStatus? status = null;
        var ready = false;
        if (phase is Phase.Running)
        {
            try
            {
                status = await _client.GetNodeStatusAsync(keeper.Place.Http, _answerWithin, stop);
                process.HasAnswered = true;
                // A drained node is as its operator wants it.
                ready = status.Drained || (await _client.GetHealthAsync(keeper.Place.Http, _answerWithin, stop)).Ready;
            }
            catch (RaftClusterException)
            {
                // It does not answer, or not yet: that is what the null says.
            }
        }

        return new NodeState(
            keeper.Place, process.Pid, phase, keeper.Restarts, _time.GetElapsedTime(process.StartedAt), status, ready, process.HasAnswered);
    }
}
