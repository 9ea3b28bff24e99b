using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using RaftCluster.Client;
using RaftCluster.Tests.EndToEnd.Cluster;

namespace RaftCluster.Tests.EndToEnd.Tracing;

/// <summary>What an operator who was given the id of a trace finds: in the collector, in the nodes' logs, in their audit logs.</summary>
[Collection(ClusterCollection.Name)]
public sealed class TracingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_put_through_a_follower_is_one_trace_from_the_client_to_the_rows_and_its_id_is_in_both_nodes_logs()
    {
        await using var collector = await Collector.StartAsync(HttpProtocols.Http1);
        await using var cluster = await TestCluster.StartAsync(
            3, "--election-timeout", "600ms", "--otlp-endpoint", collector.Url, "--otlp-protocol", "http", "--log-level", "debug", "--log-format", "json");
        var leader = await cluster.LeaderAsync();
        var follower = cluster.Nodes.First(node => node != leader);
        var bystander = cluster.Nodes.First(node => node != leader && node != follower);
        var (call, trace) = await PutAsync(follower);

        var spans = await collector.HasAsync(trace, 6);
        Assert.Equal(6, spans.Length);
        var asked = Child(spans, call, "PUT /v1/kv/{key}");
        Assert.Equal((follower.Id, 2, "201", "/v1/kv/traced"), (asked.Node, asked.Kind, asked.Attributes["http.response.status_code"], asked.Attributes["url.path"]));
        var forward = Child(spans, asked.Id, "raftcluster.forward");
        Assert.Equal((follower.Id, 3, leader.Id, "answered"), (forward.Node, forward.Kind, forward.Attributes["raftcluster.leader"], forward.Attributes["raftcluster.result"]));
        var led = Child(spans, forward.Id, "PUT /v1/kv/{key}");
        Assert.Equal((leader.Id, 2, follower.Id, "quorum"), (led.Node, led.Kind, led.Attributes["raftcluster.forwarded_by"], led.Attributes["raftcluster.durability"]));
        var propose = Child(spans, led.Id, "raftcluster.propose");
        Assert.Equal(("done", "1"), (propose.Attributes["raftcluster.result"], propose.Attributes["raftcluster.batch.transactions"]));
        Assert.Equal(led.Attributes["raftcluster.revision"], asked.Attributes["raftcluster.revision"]);
        var (commit, apply) = (Child(spans, propose.Id, "raftcluster.commit"), Child(spans, propose.Id, "raftcluster.apply"));
        Assert.True(commit.Ended > commit.Begun && commit.Ended <= apply.Ended && apply.Begun >= commit.Begun, $"{commit} {apply}");
        Assert.Equal(("raftcluster-node", "test"), (apply.Resource["service.name"], apply.Resource["service.namespace"]));
        Assert.Matches("^[0-9a-f]{16}$", apply.Resource["raftcluster.cluster.id"]);

        await LogsHaveAsync(follower, trace);
        await LogsHaveAsync(leader, trace);
        Assert.DoesNotContain(bystander.Log.Errors, line => line.Contains(trace, StringComparison.Ordinal));
        // What a node does by itself, and what is asked of it every few seconds, begins no traces.
        Assert.DoesNotContain(collector.Spans, span => span.Name.Contains("/livez", StringComparison.Ordinal) || span.Name.Contains("/readyz", StringComparison.Ordinal));
        Assert.DoesNotContain(collector.Spans, span => span.Parent.Length == 0 && span.Kind != 2);
    }

    [Fact]
    public async Task A_refusal_names_its_trace_and_an_administrators_action_is_in_the_audit_logs_of_both_nodes()
    {
        await using var cluster = await TestCluster.StartAsync(3, "--election-timeout", "600ms");
        var leader = await cluster.LeaderAsync();
        var (follower, other) = (cluster.Nodes.First(node => node != leader), cluster.Nodes.Last(node => node != leader));

        var (refusedTrace, refusedParent) = NewTrace();
        var refused = await follower.Client.GetAsync("none", ("traceparent", refusedParent));
        Assert.Equal((404, refusedTrace), (refused.Status, refused.Json.GetProperty("traceId").GetString()));

        var (addTrace, addParent) = NewTrace();
        var added = await follower.Client.SendAsync(
            HttpMethod.Post,
            "/v1/members",
            """{"id":"spare","url":"http://127.0.0.1:1","peer":"127.0.0.1:2","promote":"never"}""",
            ("traceparent", addParent),
            ("User-Agent", "tests/1"));
        Assert.Equal(201, added.Status);
        var (here, there) = (await LinesAsync(follower, addTrace), await LinesAsync(leader, addTrace));
        Assert.Equal([("requested", "member.add"), ("outcome", "member.add")], here.Select(Step));
        Assert.Equal([("requested", "member.add"), ("outcome", "member.add")], there.Select(Step));
        Assert.Equal("tests/1", here[0].GetProperty("by").GetProperty("agent").GetString());
        Assert.Equal("spare", here[0].GetProperty("body").GetProperty("id").GetString());
        Assert.Equal((leader.Id, 201, "applied"), (Text(here[1], "forwardedTo"), here[1].GetProperty("status").GetInt32(), Text(here[1], "outcome")));
        Assert.Equal(follower.Id, there[0].GetProperty("by").GetProperty("forwardedBy").GetString());
        Assert.Equal(Text(here[0], "id"), Text(here[1], "id"));

        var (againTrace, againParent) = NewTrace();
        var again = await follower.Client.SendAsync(
            HttpMethod.Post, "/v1/members", """{"id":"spare","url":"http://127.0.0.1:3","peer":"127.0.0.1:4"}""", ("traceparent", againParent));
        Assert.Equal((409, againTrace), (again.Status, again.Json.GetProperty("traceId").GetString()));
        var end = (await LinesAsync(follower, againTrace))[1];
        Assert.Equal(("not-applied", "member-exists", leader.Id), (Text(end, "outcome"), Text(end, "problem"), Text(end, "forwardedTo")));

        var (moveTrace, moveParent) = NewTrace();
        var moved = await follower.Client.SendAsync(
            HttpMethod.Post, "/v1/cluster/leader", $$"""{"to":"{{other.Id}}"}""", ("traceparent", moveParent));
        Assert.Equal(200, moved.Status);
        Assert.Equal([("requested", "leader.transfer"), ("outcome", "leader.transfer")], (await LinesAsync(leader, moveTrace)).Select(Step));
        Assert.Equal("applied", Text((await LinesAsync(follower, moveTrace))[1], "outcome"));

        // How each node is configured stands at the beginning.
        Assert.All(cluster.Nodes, node => Assert.Equal("600ms", Audit(node)[0].GetProperty("options").GetProperty("election-timeout").GetString()));
    }

    [Fact]
    public async Task Traces_go_by_grpc_too_and_a_ratio_of_0_begins_none()
    {
        await using var collector = await Collector.StartAsync(HttpProtocols.Http2);
        await using var cluster = await TestCluster.StartAsync(1, "--otlp-endpoint", collector.Url, "--trace-sample", "0");
        var node = cluster.Nodes[0];
        Assert.Equal(201, (await node.Client.PutAsync("a", "1")).Status);
        var (trace, parent) = NewTrace();
        Assert.Equal(200, (await node.Client.PutAsync("a", "2", ("traceparent", parent))).Status);

        Assert.Equal(4, (await collector.HasAsync(trace, 4)).Length);
        Assert.All(collector.Spans, span => Assert.Equal(trace, span.Trace));
        Assert.Contains("OpenTelemetry.dll", await MapsAsync(node), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_collector_that_is_away_costs_a_line_in_the_log_and_nothing_else()
    {
        await using var cluster = await TestCluster.StartAsync(1, "--otlp-endpoint", $"http://127.0.0.1:{FreePorts.Find(1)[0]}");
        var node = cluster.Nodes[0];
        for (var at = 0; at < 3000; at++)
        {
            // More than the queue of spans holds.
            Assert.True((await node.Client.PutAsync("a", $"{at}")).Status is 200 or 201);
        }

        await Eventually.HoldsAsync(
            "the log says so",
            TimeSpan.FromSeconds(30),
            () => Task.FromResult(node.Log.Errors.Any(line => line.Contains("traces can't be sent to", StringComparison.Ordinal))));
        Assert.Single(node.Log.Errors, line => line.Contains("traces can't be sent to", StringComparison.Ordinal));
        var begun = Stopwatch.GetTimestamp();
        Assert.Equal(0, await node.StopAsync());
        Assert.InRange(Stopwatch.GetElapsedTime(begun), TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Without_the_option_the_libraries_are_not_even_loaded()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        Assert.Equal(201, (await cluster.Nodes[0].Client.PutAsync("a", "1")).Status);

        var maps = await MapsAsync(cluster.Nodes[0]);
        Assert.Contains("raftcluster-node.dll", maps, StringComparison.Ordinal);
        Assert.DoesNotContain("OpenTelemetry", maps, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_whose_audit_log_can_not_be_written_does_not_start_and_says_why()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "needs a disk that is always full");
        await using var node = new NodeProcess(TestCluster.NewSettings("n1", Directory.CreateTempSubdirectory("raft-audit-").FullName, ["--audit-log", "/dev/full"]));
        node.Start();

        Assert.Equal(RaftCluster.Node.ExitCode.DataFolder, await node.EndAsync());
        Assert.Contains(node.Log.Errors, line => line.Contains("the audit log /dev/full can't be written: ", StringComparison.Ordinal));
        Directory.Delete(node.Settings.Data, recursive: true);
    }

    /// <summary>Puts a row with the project's own client, which is traced.</summary>
    /// <returns>The span of the call, and its trace.</returns>
    private static async Task<(string Call, string Trace)> PutAsync(NodeProcess node)
    {
        using var trace = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();
        trace.ActivityTraceFlags |= ActivityTraceFlags.Recorded;
        string? call = null;
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "RaftCluster.Client",
            Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = stopped => call = stopped.TraceId == trace.TraceId ? stopped.SpanId.ToHexString() : call,
        };
        ActivitySource.AddActivityListener(listener);
        using var client = new RaftClusterClient([node.Settings.Http]);
        _ = await client.PutAsync("traced", "v"u8.ToArray(), cancellation: Cancellation);
        Assert.NotNull(call);
        return (call, trace.TraceId.ToHexString());
    }

    private static CollectedSpan Child(CollectedSpan[] spans, string parent, string name) =>
        Assert.Single(spans, span => span.Parent == parent && span.Name == name);

    private static (string Trace, string Parent) NewTrace()
    {
        var trace = ActivityTraceId.CreateRandom().ToHexString();
        return (trace, $"00-{trace}-{ActivitySpanId.CreateRandom().ToHexString()}-01");
    }

    private static Task LogsHaveAsync(NodeProcess node, string trace) => Eventually.HoldsAsync(
        $"a line of {node.Id} has {trace}",
        TimeSpan.FromSeconds(10),
        () => Task.FromResult(node.Log.Errors.Any(line =>
            line.StartsWith('{')
            && JsonDocument.Parse(line).RootElement is var json
            && json.TryGetProperty("trace_id", out var id)
            && id.GetString() == trace
            && json.TryGetProperty("span_id", out _))));

    /// <summary>Both lines of an action: the second may come a moment after the answer.</summary>
    private static Task<List<JsonElement>> LinesAsync(NodeProcess node, string trace) => Eventually.HasAsync(
        $"{node.Id} has an outcome of {trace}",
        TimeSpan.FromSeconds(10),
        () => Task.FromResult(
            Audit(node).Where(line => line.TryGetProperty("trace_id", out var id) && id.GetString() == trace).ToList() is { Count: > 1 } lines ? lines : null));

    private static List<JsonElement> Audit(NodeProcess node) =>
        [.. File.ReadAllText(Path.Combine(node.Settings.Data, "audit.jsonl")).Split('\n')[..^1].Select(line => JsonDocument.Parse(line).RootElement)];

    private static (string, string) Step(JsonElement line) => (Text(line, "phase"), Text(line, "action"));

    private static string Text(JsonElement line, string name) => line.GetProperty(name).GetString()!;

    private static Task<string> MapsAsync(NodeProcess node) => File.ReadAllTextAsync($"/proc/{node.ProcessId}/maps", Cancellation);
}
