using System.Diagnostics;
using System.Globalization;
using RaftCluster.Tests.Cli;
using RaftCluster.Tests.EndToEnd.Cluster;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>Leases and locks of real nodes: holders that stop, leaders that are killed.</summary>
public sealed class LockTests : ClusterTests
{
    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_holder_that_gave_no_sign_of_life_can_not_write_with_its_fence()
    {
        var leader = await Cluster.LeaderAsync();
        var (here, there) = (Cluster.Others(leader).First(), Cluster.Others(leader).Last());
        var stale = await AcquireAsync(here, "x", "ttl=10s&guard=jobs/");
        Assert.Equal(201, (await here.Client.PutAsync("jobs/1", "x", ("Raft-Fence", $"a;{stale}"))).Status);
        Assert.Equal("fenced", (await here.Client.PutAsync("jobs/1", "unfenced")).Code);

        // It stands still, as a paused process does, and its lease runs out.
        var fresh = await AcquireAsync(there, "y", "ttl=1h&wait=40s");

        Assert.True(fresh > stale);
        foreach (var node in Cluster.Nodes)
        {
            var late = await node.Client.PutAsync("jobs/1", "late", ("Raft-Fence", $"a;{stale}"));
            Assert.Equal((412, "fenced", "not-applied"), (late.Status, late.Code, late.Outcome));
        }

        Assert.Equal(200, (await there.Client.PutAsync("jobs/1", "y", ("Raft-Fence", $"a;{fresh}"))).Status);
        Assert.Equal("y", (await here.Client.GetAsync("jobs/1")).Text);
        await Cluster.SameStateAsync(1, _bound);
    }

    [Fact]
    public async Task A_killed_leader_neither_shortens_a_lease_nor_loses_the_order_of_a_queue()
    {
        var leader = await Cluster.LeaderAsync();
        var (here, there) = (Cluster.Others(leader).First(), Cluster.Others(leader).Last());
        var kept = await GrantAsync(here, "5s");
        Assert.Equal(201, (await here.Client.SendAsync(HttpMethod.Put, $"/v1/kv/kept?lease={kept}", "v")).Status);
        await AcquireAsync(here, "x", "ttl=1h");
        var first = here.Client.SendAsync(HttpMethod.Put, "/v1/locks/a?owner=y&ttl=1h&wait=40s", body: null);
        await QueueAsync(here, "y");
        var second = there.Client.SendAsync(HttpMethod.Put, "/v1/locks/a?owner=z&ttl=1h&wait=40s", body: null);
        var places = await QueueAsync(here, "y", "z");

        var signedAt = Stopwatch.GetTimestamp();
        Assert.Equal(200, (await here.Client.SendAsync(HttpMethod.Put, $"/v1/leases/{kept}", body: null)).Status);
        await leader.KillAsync();
        Assert.NotSame(leader, await Cluster.LeaderAsync());

        // The new leader has not heard the sign, but counts a full term from when it became leader. (What took too long here
        // to tell is not held against it.)
        var row = await there.Client.GetAsync("kept");
        Assert.True(row.Status == 200 || Stopwatch.GetElapsedTime(signedAt) > TimeSpan.FromSeconds(5), row.ToString());
        Assert.Equal(200, (await here.Client.SendAsync(HttpMethod.Delete, "/v1/locks/a?owner=x", body: null)).Status);
        Assert.Equal(places[0], Lease(await first));
        Assert.Equal([places[1]], await QueueAsync(here, "z"));
        Assert.Equal(200, (await there.Client.SendAsync(HttpMethod.Delete, "/v1/locks/a?owner=y", body: null)).Status);
        Assert.Equal(places[1], Lease(await second));

        // And nobody keeps that one alive any more.
        await Eventually.HoldsAsync("the row goes with its lease", _bound, async () => (await here.Client.GetAsync("kept")).Status == 404);
        leader.Start();
        await leader.ReadyAsync();
        await Cluster.SameStateAsync(1, _bound);
    }

    /// <summary>
    /// The holder is <c>raftctl lock</c> with a command. Paused past its lease it can't stop the command, which goes on and
    /// believes to hold the lock: what it writes is refused for its fence, and raftctl says so once it wakes up.
    /// </summary>
    [Fact]
    public async Task A_command_whose_paused_raftctl_lost_the_lock_can_not_write_any_more()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Cluster.Folder, "command")).FullName;
        string At(string file) => Path.Combine(folder, file);
        var put = UpRun.Raftctl("put");
        var raftctl = $"'{put.FileName}' '{put.ArgumentList[0]}' --timeout 20s";
        var script = $"""
            echo "$RAFT_FENCE" > {At("fence")}
            {raftctl} put jobs/1 held; echo $? > {At("first")}
            while [ ! -e {At("go")} ]; do sleep 0.05; done
            {raftctl} put jobs/1 late 2> {At("why")}; echo $? > {At("second")}
            while [ ! -e {At("end")} ]; do sleep 0.05; done
            """;
        var start = UpRun.Raftctl(
            "--endpoints", Cluster.Endpoints,
            "lock", "a", "--guard", "jobs/", "--ttl", "3s", "--owner", "x", "--", "sh", "-c", script);
        start.RedirectStandardError = true;
        using var holder = Process.Start(start)!;
        try
        {
            await WrittenAsync(At("first"), "0");
            Assert.Equal("held", (await Cluster.Nodes[0].Client.GetAsync("jobs/1")).Text);

            Signals.Send(holder.Id, Signal.Stop);
            var fresh = await AcquireAsync(Cluster.Nodes[1], "y", "ttl=1h&wait=40s");
            await File.WriteAllTextAsync(At("go"), "", TestContext.Current.CancellationToken);

            await WrittenAsync(At("second"), "3");
            Assert.Contains("fenced", await File.ReadAllTextAsync(At("why"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
            Assert.Equal("held", (await Cluster.Nodes[2].Client.GetAsync("jobs/1")).Text);
            Assert.Equal("fenced", (await Cluster.Nodes[2].Client.PutAsync("jobs/1", "unfenced")).Code);
            var stale = long.Parse((await File.ReadAllTextAsync(At("fence"), TestContext.Current.CancellationToken)).Split(';')[1], CultureInfo.InvariantCulture);
            Assert.True(stale < fresh);
            Assert.Equal(200, (await Cluster.Nodes[0].Client.PutAsync("jobs/1", "y", ("Raft-Fence", $"a;{fresh}"))).Status);

            Signals.Send(holder.Id, Signal.Continue);
            var said = await holder.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await holder.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(RaftCluster.Cli.ExitCodes.LockLost, holder.ExitCode);
            Assert.Contains("the lock 'a' was lost: the command was stopped", said, StringComparison.Ordinal);
        }
        finally
        {
            // Whatever failed, neither is to outlive the test.
            await File.WriteAllTextAsync(At("go"), "", CancellationToken.None);
            await File.WriteAllTextAsync(At("end"), "", CancellationToken.None);
            if (!holder.HasExited)
            {
                Signals.Send(holder.Id, Signal.Continue);
                holder.Kill(entireProcessTree: true);
            }
        }
    }

    private static Task WrittenAsync(string file, string text) => Eventually.HoldsAsync(
        $"the command writes {text}",
        _bound,
        async () => File.Exists(file) && (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).Trim() == text,
        () => File.Exists(file) ? File.ReadAllText(file) : "nothing");

    private static async Task<long> AcquireAsync(NodeProcess node, string owner, string terms)
    {
        var answer = await node.Client.SendAsync(HttpMethod.Put, $"/v1/locks/a?owner={owner}&{terms}", body: null);
        Assert.True(answer.Status == 200, answer.ToString());
        return answer.Json.GetProperty("fence").GetInt64();
    }

    private static async Task<long> GrantAsync(NodeProcess node, string ttl)
    {
        var answer = await node.Client.SendAsync(HttpMethod.Post, "/v1/leases", $$"""{"ttl":"{{ttl}}"}""");
        Assert.True(answer.Status == 201, answer.ToString());
        return answer.Json.GetProperty("id").GetInt64();
    }

    /// <summary>Waits until exactly these wait for the lock, in this order.</summary>
    /// <returns>Their leases.</returns>
    private static async Task<long[]> QueueAsync(NodeProcess node, params string[] owners) => await Eventually.HasAsync(
        $"{string.Join(", ", owners)} wait",
        _bound,
        async () =>
        {
            var waiters = (await node.Client.SendAsync(HttpMethod.Get, "/v1/locks/a", body: null)).Json.GetProperty("waiters").EnumerateArray().ToList();
            return waiters.Select(waiter => waiter.GetProperty("owner").GetString()).SequenceEqual(owners)
                ? waiters.Select(waiter => waiter.GetProperty("lease").GetInt64()).ToArray()
                : null;
        });

    private static long Lease(Answer answer)
    {
        Assert.True(answer.Status == 200, answer.ToString());
        return answer.Json.GetProperty("lease").GetInt64();
    }
}
