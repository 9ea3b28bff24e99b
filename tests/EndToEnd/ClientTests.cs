using System.Text;
using RaftCluster.Client;
using RaftCluster.Tests.EndToEnd.Cluster;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>The .NET client against real nodes: exactly once across a killed leader, leases, locks, elections.</summary>
public sealed class ClientTests : ClusterTests
{
    private static readonly LockOptions _short = new() { TimeToLive = TimeSpan.FromSeconds(3) };

    /// <summary>Longer than any change of leaders, on a machine that is busy with other things.</summary>
    private static readonly LockOptions _long = new() { TimeToLive = TimeSpan.FromMinutes(1) };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_write_under_a_key_is_answered_the_same_by_the_next_leader()
    {
        using var client = Client();
        var options = new WriteOptions { Idempotency = Idempotency.Key("order-17"), When = Precondition.Absent };
        var first = Assert.IsType<PutResult.Written>(await client.PutAsync("order", "17"u8.ToArray(), options, Cancellation));
        _ = await client.PutAsync("order", "18"u8.ToArray(), cancellation: Cancellation);

        var leader = await Cluster.LeaderAsync();
        await leader.KillAsync();
        var again = await client.PutAsync("order", "17"u8.ToArray(), options, Cancellation);

        Assert.Equal(first with { Replayed = true }, again);
        Assert.Equal("18", (await client.GetAsync("order", cancellation: Cancellation)).Row!.Text);
        var reused = await Assert.ThrowsAsync<RaftClusterException>(() => client.PutAsync("order", "19"u8.ToArray(), options, Cancellation));
        Assert.Equal("idempotency-key-reused", reused.Code);
    }

    [Fact]
    public async Task A_row_goes_with_its_lease_and_stays_as_long_as_that_is_kept_also_over_a_killed_leader()
    {
        using var client = Client();
        var lease = await client.Leases.HoldAsync(_long.TimeToLive, "me", cancellation: Cancellation);
        _ = await client.PutAsync("service", "here"u8.ToArray(), new() { Lease = lease.Id }, Cancellation);

        var leader = await Cluster.LeaderAsync();
        await leader.KillAsync();
        leader.Start();
        await leader.ReadyAsync();

        Assert.False(lease.Lost.IsCancellationRequested);
        var status = await client.Leases.GetAsync(lease.Id, Cancellation);
        Assert.Equal(("me", new LeaseRow("kv", "service")), (status!.Owner, Assert.Single(status.Rows)));
        Assert.NotNull((await client.GetAsync("service", cancellation: Cancellation)).Row);

        await lease.DisposeAsync();
        Assert.Null((await client.GetAsync("service", cancellation: Cancellation)).Row);
        Assert.Null(await client.Leases.GetAsync(lease.Id, Cancellation));
    }

    [Fact]
    public async Task A_lock_goes_to_the_next_in_the_queue_and_fences_off_who_had_it()
    {
        using var first = Client();
        using var second = Client();
        var guarded = _long with { Guard = [LockGuard.Kv("jobs/")] };
        var held = await first.Locks.AcquireAsync("jobs", guarded, Cancellation);
        var write = new WriteOptions { Fences = [held.Fence] };
        _ = await first.PutAsync("jobs/1", "first"u8.ToArray(), write, Cancellation);
        Assert.Equal(held.Owner, Assert.IsType<LockResult.Held>(await second.Locks.TryAcquireAsync("jobs", _long, Cancellation)).Owner);
        _ = await Assert.ThrowsAsync<FencedException>(() => second.PutAsync("jobs/1", "second"u8.ToArray(), cancellation: Cancellation));

        var waiting = second.Locks.AcquireAsync("jobs", _long, Cancellation);
        await Eventually.HoldsAsync(
            "the second waits", TestCluster.StartBound, async () => (await first.Locks.GetAsync("jobs", cancellation: Cancellation))!.Waiters.Count == 1);
        Assert.True(await held.ReleaseAsync(Cancellation));
        await using var next = await waiting;

        Assert.True(next.Fence.Number > held.Fence.Number);
        _ = await Assert.ThrowsAsync<FencedException>(() => first.PutAsync("jobs/1", "first"u8.ToArray(), write, Cancellation));
        _ = await second.PutAsync("jobs/1", "second"u8.ToArray(), new() { Fences = [next.Fence] }, Cancellation);
        Assert.Equal("second", (await first.GetAsync("jobs/1", cancellation: Cancellation)).Row!.Text);
    }

    [Fact]
    public async Task A_lock_is_kept_and_its_queue_too_when_the_leader_is_killed()
    {
        using var first = Client();
        using var second = Client();
        var held = await first.Locks.AcquireAsync("jobs", _long, Cancellation);
        var waiting = second.Locks.AcquireAsync("jobs", _long with { Owner = "second" }, Cancellation);
        await Eventually.HoldsAsync(
            "the second waits", TestCluster.StartBound, async () => (await first.Locks.GetAsync("jobs", cancellation: Cancellation))!.Waiters.Count == 1);

        var leader = await Cluster.LeaderAsync();
        await leader.KillAsync();
        leader.Start();
        await leader.ReadyAsync();

        Assert.False(held.Lost.IsCancellationRequested);
        Assert.False(waiting.IsCompleted);
        await held.DisposeAsync();
        await using var next = await waiting;
        Assert.Equal("second", next.Owner);
    }

    [Fact]
    public async Task A_lock_whose_holder_is_gone_passes_on_after_its_time()
    {
        using var second = Client();
        var first = Client();
        // Gone without a word: nothing keeps its lease alive, and nothing releases it.
        var granted = await first.Leases.GrantAsync(TimeSpan.FromSeconds(30), cancellation: Cancellation);
        _ = await first.Locks.AcquireAsync("jobs", _short, Cancellation);
        first.Dispose();

        await using var next = await second.Locks.AcquireAsync("jobs", _short, Cancellation);

        Assert.True(next.Fence.Number > granted.Id);
    }

    [Fact]
    public async Task A_released_by_force_holder_is_told()
    {
        using var first = Client();
        using var second = Client();
        var held = await first.Locks.AcquireAsync("jobs", _short, Cancellation);
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = held.Lost.Register(told.SetResult);

        Assert.True(await second.Locks.ReleaseAsync("jobs", new LockRelease { Force = true }, Cancellation));

        await told.Task.WaitAsync(TestCluster.StartBound, Cancellation);
        Assert.False(await held.ReleaseAsync(Cancellation));
    }

    [Fact]
    public async Task Who_leads_is_seen_and_so_is_the_next()
    {
        using var first = Client();
        using var second = Client();
        using var observer = Client();
        var lead = await first.Elections.CampaignAsync("boss", "first", _long, Cancellation);
        await using var leaders = observer.Elections.ObserveAsync("boss", Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await leaders.MoveNextAsync());
        Assert.Equal("first", leaders.Current!.Value);

        var campaign = second.Elections.CampaignAsync("boss", "second", _long, Cancellation);
        Assert.True(await lead.ResignAsync(Cancellation));
        await using var next = await campaign;
        do
        {
            Assert.True(await leaders.MoveNextAsync());
        }
        while (leaders.Current is null);

        Assert.Equal("second", leaders.Current.Value);
    }

    [Fact]
    public async Task Who_gives_up_waiting_leaves_the_queue()
    {
        using var first = Client();
        using var second = Client();
        await using var held = await first.Locks.AcquireAsync("jobs", _long, Cancellation);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var waiting = second.Locks.AcquireAsync("jobs", _long, stop.Token);
        await Eventually.HoldsAsync(
            "the second waits", TestCluster.StartBound, async () => (await first.Locks.GetAsync("jobs", cancellation: Cancellation))!.Waiters.Count == 1);

        await stop.CancelAsync();

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await Eventually.HoldsAsync(
            "nobody waits", TestCluster.StartBound, async () => (await first.Locks.GetAsync("jobs", cancellation: Cancellation))!.Waiters.Count == 0);
    }

    [Fact]
    public async Task Tables_rows_transactions_and_counters()
    {
        using var client = Client();
        var defined = Assert.IsType<DefineResult.Defined>(await client.Tables.DefineAsync(
            "users",
            new TableDefinition { Columns = [new Column("name", ColumnType.Text), new Column("logins", ColumnType.Number).WithDefault("0")] },
            new() { When = Precondition.Absent },
            Cancellation));
        Assert.True(defined.Created);
        Assert.Contains(await client.Tables.ListAsync(cancellation: Cancellation), table => table.Name == "users");
        var users = client.Table("users");
        var ada = await users.InsertAsync("""{"name":"Ada"}"""u8.ToArray(), cancellation: Cancellation);
        _ = Assert.IsType<PutResult.Written>(await users.PatchAsync(ada.Key, """{"logins":1.50}"""u8.ToArray(), cancellation: Cancellation));
        Assert.Equal("""{"name":"Ada","logins":1.50}""", (await users.GetAsync(ada.Key, cancellation: Cancellation)).Row!.Text);
        Assert.Equal(1, await users.CountAsync(new RangeQuery { Where = [Filter.Number("logins", Comparison.Greater, 1)] }, cancellation: Cancellation));
        Assert.IsType<PutResult.NotFound>(await users.PatchAsync("nobody", "{}"u8.ToArray(), cancellation: Cancellation));
        var wrong = await Assert.ThrowsAsync<RaftClusterException>(() => users.PutAsync("x", """{"nam":"Ada"}"""u8.ToArray(), cancellation: Cancellation));
        Assert.Contains("nam", wrong.Message, StringComparison.Ordinal);

        var (row, counter) = (users[ada.Key], RowAddress.Kv("users/count"));
        var (added, read) = (counter.Add(1), row.Get());
        var done = await client.Transaction().If(row.Column("logins", Comparison.Equal, 1.5m), counter.Absent()).Then(added, read).CommitAsync(cancellation: Cancellation);
        Assert.True(done.Succeeded);
        Assert.Equal((1m, ada.Key), (done.Of(added).Value, done.Of(read)!.Key));
        Assert.Equal(3.5m, (await client.AddAsync("users/count", 2.5m, cancellation: Cancellation)).Value);
        var not = await client.Transaction().If(counter.Absent()).Then(counter.Delete()).Else(counter.Get()).CommitAsync(cancellation: Cancellation);
        Assert.False(not.Succeeded);
        _ = Assert.IsType<DeleteResult.Deleted>(await client.Tables.DropAsync("users", cancellation: Cancellation));
    }

    [Fact]
    public async Task Rows_are_inserted_patched_and_counted_once_each_while_leaders_are_killed()
    {
        const int Writers = 4;
        using var client = Client();
        _ = await client.Tables.DefineAsync(
            "visits",
            new TableDefinition { Columns = [new Column("who", ColumnType.Text), new Column("n", ColumnType.Number).WithDefault("0")] },
            cancellation: Cancellation);
        var (visits, counter) = (client.Table("visits"), RowAddress.Kv("visits/count"));
        using var stop = new CancellationTokenSource();
        var done = 0;
        var writers = Enumerable.Range(0, Writers).Select(number => Task.Run(async () =>
        {
            var keys = new List<string>();
            while (!stop.IsCancellationRequested)
            {
                var made = await visits.InsertAsync(Encoding.UTF8.GetBytes($$"""{"who":"{{number}}"}"""), cancellation: Cancellation);
                _ = Assert.IsType<PutResult.Written>(await visits.PatchAsync(made.Key, """{"n":1.0}"""u8.ToArray(), cancellation: Cancellation));
                var row = visits[made.Key];
                var counted = await client.Transaction().If(row.Column("n", Comparison.Equal, 1)).Then(row.Add(1, "n"), counter.Add(1)).CommitAsync(cancellation: Cancellation);
                Assert.True(counted.Succeeded);
                keys.Add(made.Key);
                Interlocked.Increment(ref done);
            }

            return keys;
        })).ToArray();
        for (var kill = 0; kill < 3; kill++)
        {
            var before = Volatile.Read(ref done);
            await Eventually.HoldsAsync("rows are written", TestCluster.StartBound, async () =>
            {
                await Task.WhenAll(writers.Where(writer => writer.IsCompleted));
                return Volatile.Read(ref done) > before + 20;
            });
            var leader = await Cluster.LeaderAsync();
            await leader.KillAsync();
            await Cluster.LeaderAsync();
            leader.Start();
            await Cluster.ReadyAsync();
        }

        await stop.CancelAsync();
        var keys = (await Task.WhenAll(writers)).SelectMany((made, number) => made.Select(key => (key, $$"""{"who":"{{number}}","n":2.0}""", 3L)));
        var rows = new List<(string, string, long)>();
        await foreach (var row in visits.ListAsync(new RangeQuery(), cancellation: Cancellation))
        {
            rows.Add((row.Key, row.Text, row.Version));
        }

        Assert.Equal(keys.Order(), rows.Order());
        Assert.Equal($"{done}", (await client.GetAsync("visits/count", cancellation: Cancellation)).Row!.Text);
    }

    private RaftClusterClient Client() => new(new RaftClusterOptions
    {
        Endpoints = [.. Cluster.Nodes.Select(node => node.Settings.Http)],
        Patience = TimeSpan.FromSeconds(60),
    });
}
