using RaftCluster.Tests.Deploy;
using RaftCluster.Tests.EndToEnd.Cluster;

namespace RaftCluster.Tests.EndToEnd.Monitoring;

/// <summary>Every query of every dashboard, asked of a real Prometheus about a real cluster that does a bit of everything.</summary>
public sealed class DashboardQueryTests : ClusterTests
{
    /// <summary>What shows nothing in this cluster, each with why.</summary>
    private static readonly Dictionary<string, string> _empty = new(StringComparer.Ordinal)
    {
        ["mark Alerts"] = "no alert fires",
        ["Alerts"] = "no alert fires",
        ["Firing now"] = "no alert fires",
        ["mark Leader changes"] = "nobody else came to lead within the last seconds",
        ["On their way"] = "no snapshot is on its way",
        ["Snapshots on their way"] = "no snapshot is on its way",
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private readonly DirectoryInfo _backups = Directory.CreateTempSubdirectory("raft-backups-");

    private protected override string[] Options => ["--election-timeout", "600ms", "--backup-folder", _backups.FullName];

    [Fact]
    public async Task Each_has_a_result_or_a_reason_for_none()
    {
        await using var prometheus = await PrometheusServer.StartAsync(Cluster.Authorities);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var working = WorkAsync(stop.Token);
        try
        {
            // Each metric of the work, and the windows that are asked for, need some scrapes.
            var without = new List<DashboardQuery>();
            await Eventually.HoldsAsync(
                "every query has a result, but for those that can't",
                TimeSpan.FromMinutes(3),
                async () =>
                {
                    without = [];
                    foreach (var query in Dashboards.Queries())
                    {
                        if (await prometheus.QueryAsync(query.In("15s")) is not { Count: > 0 } && !_empty.ContainsKey(query.Panel))
                        {
                            without.Add(query);
                        }
                    }

                    return without.Count == 0;
                },
                () => "without: " + string.Join("; ", without));
        }
        finally
        {
            await stop.CancelAsync();
            await working;
            _backups.Delete(recursive: true);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{Dashboards.Queries().Count()} queries");
    }

    /// <summary>Writes, reads at every level from every node, and follows; leaves a lease and a lock; misses and is refused.</summary>
    private async Task WorkAsync(CancellationToken stop)
    {
        var clients = Cluster.Nodes.Select(node => node.Client).ToList();
        for (var at = 0; !stop.IsCancellationRequested; at++)
        {
            var client = clients[at % clients.Count];
            // Many in flight at once make few entries; one after the other they reach the first that all tell their hash of.
            await client.PutAsync($"k{at % 100}", $"{at}", ("Idempotency-Key", $"key{at}"));
            foreach (var level in new[] { "linearizable", "session", "bounded", "local" })
            {
                await client.SendAsync(HttpMethod.Get, $"/v1/kv/k{at % 100}?consistency={level}{(level == "bounded" ? "&max-staleness=10s" : "")}", body: null);
            }

            if (at % 50 == 0)
            {
                await client.SendAsync(HttpMethod.Put, "/v1/kv/leased?ttl=1h", "x");
                await client.SendAsync(HttpMethod.Put, $"/v1/locks/l{at}?ttl=1h&owner=me", body: null);
                await client.SendAsync(HttpMethod.Get, "/v1/changes?from=1&wait=10ms", body: null, ("Accept", "application/json"));
                await client.SendAsync(HttpMethod.Get, "/v1/kv/none", body: null);
            }
        }
    }
}
