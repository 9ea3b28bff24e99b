using RaftCluster.Client;

namespace RaftCluster.Tests.Client;

public sealed class SessionTests : IDisposable
{
    private readonly VirtualTime _time = new();
    private readonly Script _script = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _script.Dispose();

    [Fact]
    public async Task A_writes_token_goes_with_the_next_session_read_and_with_no_other()
    {
        using var client = _script
            .Json(200, """{"revision":7,"version":1}""", ("Raft-Session", "token-7"), ("Raft-Revision", "7"))
            .Answer(404)
            .Answer(404)
            .Client(_time);

        _ = await client.PutAsync("a", "v"u8.ToArray(), cancellation: Cancellation);
        _ = await client.GetAsync("a", new() { Consistency = Consistency.Session }, Cancellation);
        _ = await client.GetAsync("a", new() { Consistency = Consistency.Local }, Cancellation);

        Assert.Equal("token-7", client.SessionToken);
        Assert.Equal("session", _script.Requests[1].Header("Raft-Consistency"));
        Assert.Equal("token-7", _script.Requests[1].Header("Raft-Session"));
        Assert.Null(_script.Requests[2].Header("Raft-Session"));
    }

    [Fact]
    public async Task An_answer_from_further_back_does_not_take_the_token_back()
    {
        using var client = _script
            .Json(200, """{"revision":7,"version":1}""", ("Raft-Session", "token-7"), ("Raft-Revision", "7"))
            .Answer(404, "", ("Raft-Session", "token-5"), ("Raft-Revision", "5"))
            .Answer(404, "", ("Raft-Session", "token-9"), ("Raft-Revision", "9"))
            .Client(_time);
        var local = new ReadOptions { Consistency = Consistency.Local };

        _ = await client.PutAsync("a", "v"u8.ToArray(), cancellation: Cancellation);
        _ = await client.GetAsync("a", local, Cancellation);
        Assert.Equal("token-7", client.SessionToken);
        _ = await client.GetAsync("a", local, Cancellation);
        Assert.Equal("token-9", client.SessionToken);
    }

    [Fact]
    public async Task A_token_from_elsewhere_stays_until_an_answer_is_certainly_newer()
    {
        using var client = _script
            .Answer(200, "v", ("ETag", "\"1\""), ("Raft-Version", "1"), ("Raft-Session", "token-5"), ("Raft-Revision", "5"))
            .Answer(200, "v", ("ETag", "\"1\""), ("Raft-Version", "1"), ("Raft-Session", "token-9"), ("Raft-Revision", "9"))
            .Client(_time);
        client.SessionToken = "from-elsewhere";

        _ = await client.GetAsync("a", new() { Consistency = Consistency.Local }, Cancellation);
        Assert.Equal("from-elsewhere", client.SessionToken);
        _ = await client.GetAsync("a", new() { Consistency = Consistency.Session }, Cancellation);
        Assert.Equal("from-elsewhere", _script.Requests[1].Header("Raft-Session"));
        Assert.Equal("token-9", client.SessionToken);
    }

    [Fact]
    public async Task Tokens_observed_at_once_leave_the_newest()
    {
        var keeper = new SessionKeeper();
        await Parallel.ForAsync(0, 1_000, Cancellation, (revision, _) =>
        {
            keeper.Observe($"token-{revision}", revision, advances: true);
            return ValueTask.CompletedTask;
        });

        Assert.Equal("token-999", keeper.Token);
    }
}
