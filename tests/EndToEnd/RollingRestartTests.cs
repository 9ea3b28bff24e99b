using System.Diagnostics;
using System.Text.Json;
using RaftCluster.Tests.EndToEnd.Cluster;
using RaftCluster.Tests.EndToEnd.Writing;
using ExitCode = RaftCluster.Node.ExitCode;

namespace RaftCluster.Tests.EndToEnd;

/// <summary><c>raftctl rolling-restart</c>, as built, against a cluster that is written to.</summary>
public sealed class RollingRestartTests : ClusterTests
{
    /// <summary>
    /// docs/failover.md promises an election for each planned change of the leader, and nothing for a follower. This is far
    /// more than that on a busy machine, and far less than a node takes to start.
    /// </summary>
    private static readonly TimeSpan WidestGap = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Three_nodes_are_restarted_under_load_and_no_acknowledged_write_is_lost()
    {
        var ledger = new Ledger();
        var started = await StartsAsync();
        using var supervising = new CancellationTokenSource();
        var supervisor = SuperviseAsync(supervising.Token);
        string said;
        int code;
        await using (var writers = Writers.Start(Cluster, ledger, "w", count: 4))
        {
            await writers.ProgressAsync(50);
            using var gaps = Gaps.Watch(ledger);
            (code, said) = await RestartAsync("--exec", "kill -TERM {pid}", "--yes", "--json");
            Assert.True(code == 0, said);
            await writers.ProgressAsync(50);
            var widest = await gaps.WidestAsync();
            TestContext.Current.TestOutputHelper?.WriteLine($"the longest time without an acknowledged write: {widest.TotalMilliseconds:0} ms; {ledger}");
            Assert.True(widest < WidestGap, $"no write was acknowledged for {widest.TotalMilliseconds:0} ms\n{said}");
        }

        await supervising.CancelAsync();
        await supervisor;
        var events = said.Split('\n').Where(line => line.StartsWith('{')).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal(3, events.Count(line => line.GetProperty("event").GetString() == "back"));
        Assert.Equal("done", events[^1].GetProperty("event").GetString());
        var again = await StartsAsync();
        Assert.All(Cluster.Nodes, node => Assert.NotEqual(started[node.Id], again[node.Id]));
        foreach (var node in Cluster.Nodes)
        {
            Assert.Equal(200, (await node.Client.SendAsync(HttpMethod.Get, "/readyz", body: null)).Status);
        }

        await Audit.HoldsAsync(Cluster, ledger);
    }

    [Fact]
    public async Task It_stops_at_a_node_that_is_down_and_goes_on_when_that_is_back()
    {
        var leader = await Cluster.LeaderAsync();
        var others = Cluster.Others(leader).ToArray();
        await others[0].KillAsync();
        var (code, said) = await RestartAsync("--exec", "kill -TERM {pid}", "--yes", "--skip", others[0].Id);
        Assert.True(code == 6, said);
        Assert.Contains($"{others[1].Id} can't be restarted now: {others[0].Id} can't be reached", said, StringComparison.Ordinal);
        Assert.Contains($"with --skip {others[0].Id} goes on from here", said, StringComparison.Ordinal);
        Assert.True(others[1].IsUp && leader.IsUp, "nobody was stopped");

        others[0].Start();
        await others[0].ReadyAsync();
        using var supervising = new CancellationTokenSource();
        var supervisor = SuperviseAsync(supervising.Token);
        (code, said) = await RestartAsync("--exec", "kill -TERM {pid}", "--yes", "--skip", others[0].Id);
        Assert.True(code == 0, said);
        await supervising.CancelAsync();
        await supervisor;
        Assert.Contains("done: ", said, StringComparison.Ordinal);
        Assert.All([others[1], leader], node => Assert.Contains($"{node.Id}: back after", said, StringComparison.Ordinal));
        Assert.DoesNotContain($"{others[0].Id}: restarting", said, StringComparison.Ordinal);
    }

    private async Task<(int Code, string Said)> RestartAsync(params string[] args)
    {
        var run = await RaftctlRun.OfAsync(Cluster.Nodes, ["rolling-restart", .. args]);
        return (run.ExitCode, (run.Out + run.Error).Trim());
    }

    /// <summary>Starts a node again that has ended, as a service manager would.</summary>
    private Task SuperviseAsync(CancellationToken end) => Task.WhenAll(Cluster.Nodes.Select(async node =>
    {
        while (!end.IsCancellationRequested)
        {
            if (!node.IsUp)
            {
                Assert.Equal(ExitCode.Ok, await node.EndAsync());
                node.Start();
            }

            await Task.Delay(20, CancellationToken.None);
        }
    }));

    private async Task<Dictionary<string, string>> StartsAsync()
    {
        var starts = new Dictionary<string, string>();
        foreach (var node in Cluster.Nodes)
        {
            var view = await node.Client.SendAsync(HttpMethod.Get, "/v1/cluster", body: null);
            starts[node.Id] = view.Json.GetProperty("started").GetString()!;
        }

        return starts;
    }

    /// <summary>The longest time in which no write was acknowledged.</summary>
    private sealed class Gaps : IDisposable
    {
        private readonly CancellationTokenSource _end = new();
        private readonly Task<TimeSpan> _watching;

        private Gaps(Ledger ledger) => _watching = Task.Run(() => WatchAsync(ledger, _end.Token));

        public static Gaps Watch(Ledger ledger) => new(ledger);

        public async Task<TimeSpan> WidestAsync()
        {
            await _end.CancelAsync();
            return await _watching;
        }

        public void Dispose() => _end.Dispose();

        private static async Task<TimeSpan> WatchAsync(Ledger ledger, CancellationToken end)
        {
            var (widest, known, since) = (TimeSpan.Zero, ledger.Acknowledged, Stopwatch.GetTimestamp());
            while (!end.IsCancellationRequested)
            {
                await Task.Delay(5, CancellationToken.None);
                if (ledger.Acknowledged is var now && now != known)
                {
                    var gap = Stopwatch.GetElapsedTime(since);
                    (widest, known, since) = (gap > widest ? gap : widest, now, Stopwatch.GetTimestamp());
                }
            }

            return widest;
        }
    }
}
