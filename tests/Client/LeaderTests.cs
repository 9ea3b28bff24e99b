using RaftCluster.Client;

namespace RaftCluster.Tests.Client;

public sealed class LeaderTests : IDisposable
{
    private const string Written = """{"revision":7,"version":1}""";

    private readonly VirtualTime _time = new();
    private readonly Script _script = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _script.Dispose();

    [Fact]
    public async Task Writes_and_linearizable_reads_go_to_the_leader_once_it_is_known_and_other_reads_stay()
    {
        using var client = _script
            .Json(200, """{"node":"n1","role":"follower","leader":{"id":"n2","url":"http://n2:8002"},"members":[]}""")
            .Json(200, Written)
            .Answer(404)
            .Answer(404)
            .Client(_time);

        _ = await client.GetStatusAsync(Cancellation);
        Assert.Equal(Script.N2, client.Leader);
        _ = await client.PutAsync("a", "v"u8.ToArray(), cancellation: Cancellation);
        _ = await client.GetAsync("a", cancellation: Cancellation);
        _ = await client.GetAsync("a", new() { Consistency = Consistency.Local }, Cancellation);

        Assert.Equal(["n1", "n2", "n2", "n1"], _script.Hosts);
    }

    [Fact]
    public async Task The_leader_is_learned_from_an_answers_header()
    {
        using var client = _script
            .Json(200, Written, ("Raft-Leader", "http://n3:8003"))
            .Json(200, Written)
            .Client(_time);

        _ = await client.PutAsync("a", "v"u8.ToArray(), cancellation: Cancellation);
        _ = await client.PutAsync("a", "v"u8.ToArray(), cancellation: Cancellation);

        Assert.Equal(["n1", "n3"], _script.Hosts);
    }

    [Fact]
    public async Task A_leader_named_by_its_id_is_looked_up_once()
    {
        using var client = _script
            .Json(200, Written, ("Raft-Leader", "n3"))
            .Json(200, """{"node":"n1","role":"follower","leader":{"id":"n3","url":"http://n3:8003"},"members":[{"id":"n2","url":"http://n2:8002"},{"id":"n3","url":"http://n3:8003"}]}""", ("Raft-Leader", "n3"))
            .Json(200, Written, ("Raft-Leader", "n3"))
            .Json(200, Written, ("Raft-Leader", "n2"))
            .Json(200, Written, ("Raft-Leader", "n2"))
            .Client(_time);

        for (var i = 0; i < 4; i++)
        {
            _ = await client.PutAsync("a", "v"u8.ToArray(), cancellation: Cancellation);
        }

        Assert.Equal(["n1", "n1", "n3", "n3", "n2"], _script.Hosts);
        _ = Assert.Single(_script.Requests, asked => asked.Target == "/v1/cluster");
    }

    [Fact]
    public async Task A_leader_that_can_not_be_reached_is_forgotten()
    {
        using var client = _script
            .Json(200, Written, ("Raft-Leader", "http://n3:8003"))
            .Refuse()
            .Json(200, Written)
            .Json(200, Written)
            .Client(_time);

        for (var i = 0; i < 3; i++)
        {
            _ = await client.PutAsync("a", "v"u8.ToArray(), cancellation: Cancellation);
        }

        Assert.Equal(["n1", "n3", "n1", "n1"], _script.Hosts);
    }

    [Fact]
    public async Task A_refusing_node_that_names_the_leader_sends_the_write_there()
    {
        using var client = _script
            .Then(_ => Task.FromResult(new HttpResponseMessage(System.Net.HttpStatusCode.ServiceUnavailable)
            {
                Content = new StringContent(
                    """{"code":"not-leader","outcome":"not-applied","retryable":true,"leader":{"id":"n3","url":"http://n3:8003"}}""",
                    System.Text.Encoding.UTF8,
                    "application/problem+json"),
            }))
            .Json(200, Written)
            .Client(_time);

        _ = await client.PutAsync("a", "v"u8.ToArray(), cancellation: Cancellation);

        Assert.Equal(["n1", "n3"], _script.Hosts);
    }

    [Fact]
    public async Task A_client_that_may_not_follow_asks_only_its_endpoints()
    {
        using var client = new RaftClusterClient(new RaftClusterOptions
        {
            Endpoints = [Script.N1],
            FollowLeader = false,
            Handler = _script.Json(200, Written, ("Raft-Leader", "http://n3:8003")).Json(200, Written),
            Time = _time,
        });

        _ = await client.PutAsync("a", "v"u8.ToArray(), cancellation: Cancellation);
        _ = await client.PutAsync("a", "v"u8.ToArray(), cancellation: Cancellation);

        Assert.Equal(["n1", "n1"], _script.Hosts);
    }
}
