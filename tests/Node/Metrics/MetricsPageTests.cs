using RaftCluster.Node.Consensus;
using RaftCluster.Tests.Node.Http;
using RaftCluster.Tests.Node.Space;

namespace RaftCluster.Tests.Node.Metrics;

/// <summary><c>GET /metrics</c>: what happened is in it, and it is there whatever the cluster's state is.</summary>
public sealed class MetricsPageTests
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";

    [Fact]
    public async Task It_is_answered_without_a_leader_and_tells_so()
    {
        await using var node = await TestNode.LeaderAsync();
        node.NotWritable = "disk full";
        Assert.Equal((1, 1), Leaders(await Scrape.OfAsync(node)));

        node.Consensus.LoseLeader();
        node.Consensus.IsCutOff = true;

        var scrape = await Scrape.OfAsync(node);
        Assert.Equal((0, 0), Leaders(scrape));
        Assert.Equal(0, scrape["raftcluster_health_check{check=\"leader\"}"]);
        Assert.Equal(0, scrape["raftcluster_health_check{check=\"store\"}"]);
        Assert.Equal(1, scrape["raftcluster_health_check{check=\"running\"}"]);

        static (double?, double?) Leaders(Scrape scrape) => (scrape["raftcluster_has_leader"], scrape["raftcluster_is_leader"]);
    }

    [Fact]
    public async Task What_a_node_does_not_know_any_more_is_missing()
    {
        await using var node = await TestNode.LeaderAsync();
        node.Consensus.Figures = new ConsensusFigures { Lags = [new FollowerLag("n2", 5, 100, TimeSpan.FromSeconds(2))], VotersInContact = 2 };
        var scrape = await Scrape.OfAsync(node);
        Assert.Equal(
            (5, 100, 2, 2),
            (scrape["raftcluster_follower_lag_entries{peer=\"n2\"}"], scrape["raftcluster_follower_lag_bytes{peer=\"n2\"}"],
                scrape["raftcluster_follower_lag_seconds{peer=\"n2\"}"], scrape["raftcluster_voters_in_contact"]));

        node.Consensus.Figures = ConsensusFigures.None;

        Assert.DoesNotContain((await Scrape.OfAsync(node)).Series, series =>
            series.StartsWith("raftcluster_follower_lag", StringComparison.Ordinal) || series == "raftcluster_voters_in_contact");
    }

    [Fact]
    public async Task Requests_count_by_route_method_and_status()
    {
        await using var node = await TestNode.LeaderAsync();
        await node.PutAsync("a", "1");
        await node.PutAsync("b", "1");
        await node.PutAsync("b", "2");
        await node.GetAsync("/v1/kv/none");
        await node.GetAsync("/nowhere");
        await node.SendAsync("POST", "/v1/kv/a", "x");

        var scrape = await Scrape.OfAsync(node);
        Assert.Equal(2, Requests("/v1/kv/{key}", "PUT", 201));
        Assert.Equal(1, Requests("/v1/kv/{key}", "PUT", 200));
        Assert.Equal(1, Requests("/v1/kv/{key}", "GET", 404));
        Assert.Equal(1, Requests("/v1/kv/{key}", "other", 405));
        Assert.Equal(1, Requests("other", "other", 404));
        Assert.Equal(3, scrape["raftcluster_http_request_duration_seconds_count{route=\"/v1/kv/{key}\",method=\"PUT\"}"]);
        Assert.Equal(1, scrape["raftcluster_http_requests_in_flight"]);

        double? Requests(string route, string method, int code) =>
            scrape[$"raftcluster_http_requests_total{{route=\"{route}\",method=\"{method}\",code=\"{code}\"}}"];
    }

    [Fact]
    public async Task Reads_count_by_consistency_and_by_what_the_gate_said()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var one = leader;
        await using var other = follower;
        var token = (await leader.PutAsync("a", "1"))["Raft-Session"];
        await follower.GetAsync("/v1/kv/a");
        await follower.GetAsync("/v1/kv/a", "Raft-Consistency: session", $"Raft-Session: {token}");
        await follower.GetAsync("/v1/kv/a", "Raft-Consistency: bounded", "Raft-Max-Staleness: 10s");
        await follower.GetAsync("/v1/kv/a", "Raft-Consistency: local");
        follower.Consensus.IsCutOff = true;
        await follower.GetAsync("/v1/kv/a", "Raft-Wait: 50ms", "Raft-Fallback: fail");

        var scrape = await Scrape.OfAsync(follower);
        Assert.Equal((1, 1, 1, 1), (Passed("linearizable", "open"), Passed("session", "open"), Passed("bounded", "open"), Passed("local", "open")));
        Assert.Equal(1, Passed("linearizable", "no_leader"));
        Assert.Equal(2, scrape["raftcluster_read_gate_wait_seconds_count{consistency=\"linearizable\"}"]);
        Assert.Equal((0, 1, 1), (Served("linearizable"), Served("bounded"), Served("local")));
        Assert.InRange(scrape["raftcluster_staleness_seconds"]!.Value, 0, 60);

        double? Passed(string level, string passage) =>
            scrape[$"raftcluster_read_gate_passages_total{{consistency=\"{level}\",passage=\"{passage}\"}}"];
        double? Served(string level) => scrape[$"raftcluster_read_staleness_seconds_count{{consistency=\"{level}\"}}"];
    }

    [Fact]
    public async Task Requests_that_were_sent_on_count()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var one = leader;
        await using var other = follower;

        Assert.Equal(201, (await follower.PutAsync("a", "1")).Status);

        Assert.Equal(1, (await Scrape.OfAsync(follower))["raftcluster_forwarded_requests_total{result=\"answered\"}"]);
    }

    [Fact]
    public async Task Readers_of_the_changes_count_by_where_they_are()
    {
        await using var node = await TestNode.LeaderAsync();
        await node.PutAsync("a", "1");
        using var feed = await FeedReader.OpenAsync(node.Http2, "?from=1");
        await feed.TakeAsync(1);
        Assert.Equal("progress", (await feed.NextAsync())!.Name);

        var scrape = await Scrape.OfAsync(node);
        Assert.Equal((0, 0, 1), (Readers("rows"), Readers("behind"), Readers("end")));
        Assert.Equal((0, 0), (scrape["raftcluster_feed_reader_lag_revisions"], scrape["raftcluster_feed_reader_lag_seconds"]));

        double? Readers(string state) => scrape[$"raftcluster_feed_readers{{state=\"{state}\"}}"];
    }

    [Fact]
    public async Task What_is_kept_for_clients_counts()
    {
        await using var node = await TestNode.LeaderAsync(options => options with { IdempotencyKeys = 77 });
        await node.PutAsync("a?ttl=30s", "1", "Idempotency-Key: k1");
        await node.PutAsync("b", "1", "Idempotency-Key: k2");
        await node.SendAsync("PUT", "/v1/locks/l?ttl=10s&owner=me");

        var scrape = await Scrape.OfAsync(node);
        Assert.Equal(
            (2, 1, 2, 77),
            (scrape["raftcluster_leases"], scrape["raftcluster_locks"], scrape["raftcluster_idempotency_keys"], scrape["raftcluster_idempotency_keys_limit"]));
        Assert.True(scrape["raftcluster_idempotency_keys_bytes"] > 20);
        Assert.True(scrape["raftcluster_rocksdb_memtables_bytes{family=\"rows\"}"] > 0);
        Assert.Equal(8 << 20, scrape["raftcluster_rocksdb_block_cache_capacity_bytes"]);
        Assert.Equal(node.Store.Applied.Revision, scrape["raftcluster_revision"]);
    }

    [Fact]
    public async Task A_disk_that_is_low_says_so()
    {
        var volume = new TestVolume(1L << 40, 1L << 20);
        await using var node = await TestNode.LeaderAsync(volume: volume);

        var scrape = await Scrape.OfAsync(node);
        Assert.Equal((1, 1L << 40, 1L << 20), (scrape["raftcluster_disk_low"], scrape["raftcluster_disk_size_bytes"], scrape["raftcluster_disk_free_bytes"]));
        Assert.True(scrape["raftcluster_disk_usage_bytes{kind=\"rows\"}"] > 0);
    }

    [Fact]
    public async Task A_request_with_a_trace_leaves_it_beside_its_duration_and_no_other_does()
    {
        await using var node = await TestNode.LeaderAsync();
        await node.PutAsync("a", "1");
        Assert.DoesNotContain("trace_id", (await OpenAsync()).Text, StringComparison.Ordinal);

        await node.GetAsync("/v1/kv/a", $"traceparent: 00-{Trace}-b7ad6b7169203331-01");
        await node.GetAsync("/v1/kv/a", "traceparent: nonsense");

        var open = await OpenAsync();
        Assert.StartsWith("application/openmetrics-text; version=1.0.0", open["Content-Type"], StringComparison.Ordinal);
        Assert.EndsWith("# EOF\n", open.Text, StringComparison.Ordinal);
        var line = Assert.Single(open.Text.Split('\n'), line => line.Contains("trace_id", StringComparison.Ordinal));
        Assert.StartsWith("raftcluster_http_request_duration_seconds_bucket{route=\"/v1/kv/{key}\",method=\"GET\"", line, StringComparison.Ordinal);
        Assert.Contains($"# {{trace_id=\"{Trace}\"}}", line, StringComparison.Ordinal);
        var text = await node.GetAsync("/metrics");
        Assert.StartsWith("text/plain; version=0.0.4", text["Content-Type"], StringComparison.Ordinal);
        Assert.DoesNotContain("trace_id", text.Text, StringComparison.Ordinal);

        Task<Answer> OpenAsync() => node.GetAsync("/metrics", "Accept: application/openmetrics-text; version=1.0.0");
    }

    [Fact]
    public async Task Many_may_ask_at_once()
    {
        await using var node = await TestNode.LeaderAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => node.GetAsync("/metrics")));
        Assert.All(answers, answer => Assert.Equal(1, Scrape.Read(answer.Text)["raftcluster_has_leader"]));
        var head = await node.SendAsync("HEAD", "/metrics");
        Assert.Equal((200, 0), (head.Status, head.Bytes.Length));
    }
}
