using System.Runtime.InteropServices;
using RaftCluster.Cli;
using RaftCluster.Tests.Client;

namespace RaftCluster.Tests.Cli;

/// <summary>Leases, locks and elections at the prompt; commands that run under a lock are real processes.</summary>
public sealed class LockCommandTests : IAsyncLifetime
{
    private const string Acquire = "/v1/locks/jobs?ttl=10000ms&owner=me&wait=1800000ms";
    private const string Granted = """{"name":"jobs","owner":"me","fence":42,"lease":42,"since":"2026-11-24T08:00:00Z"}""";

    private FakeNode _node = null!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a shell");
        _node = await FakeNode.StartAsync();
        _ = _node
            .On("PUT", Acquire, 200, Granted)
            .On("PUT", "/v1/leases/42", 200, """{"id":42,"ttl":"10s"}""")
            .On("DELETE", "/v1/locks/jobs?fence=42", 200, """{"revision":43}""");
    }

    public ValueTask DisposeAsync() => _node?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task A_command_runs_under_the_lock_knows_it_and_its_exit_code_is_the_end()
    {
        var said = Path.GetTempFileName();
        var prompt = Frozen();

        Assert.Equal(23, await prompt.RunAsync(
            "lock", "jobs", "--owner", "me", "--", "sh", "-c", $"echo \"$RAFT_LOCK $RAFT_FENCE $RAFT_ENDPOINTS\" > {said}; exit 23"));

        Assert.Equal($"jobs jobs;42 {_node.Url}\n", await File.ReadAllTextAsync(said, TestContext.Current.CancellationToken));
        File.Delete(said);
        Assert.Equal([$"PUT {Acquire}", "PUT /v1/leases/42", "DELETE /v1/locks/jobs?fence=42"], _node.Requests.Select(asked => asked.Line));
    }

    [Fact]
    public async Task With_JSON_its_run_is_told_on_standard_error()
    {
        var prompt = Frozen();

        Assert.Equal(0, await prompt.RunAsync("lock", "jobs", "--owner", "me", "--json", "--", "true"));
        Assert.StartsWith("""{"event":"running","lock":"jobs","fence":"jobs;42","owner":"me","lease":42,"pid":""", prompt.Error, StringComparison.Ordinal);
        Assert.Empty(prompt.Out);
    }

    [Fact]
    public async Task A_lock_that_another_holds_is_75_and_nothing_runs()
    {
        _ = _node.Problem("PUT", "/v1/locks/jobs?ttl=10000ms&owner=me", 409, "held", "not-applied", ""","holder":"you","since":"2026-11-24T08:00:00Z" """);
        var never = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var prompt = Frozen();

        Assert.Equal(ExitCodes.NotAcquired, await prompt.RunAsync("lock", "jobs", "--owner", "me", "--wait", "0", "--", "touch", never));
        Assert.StartsWith("raftctl: The lock 'jobs' is held by 'you' since 2026-11-24T08:00:00Z.", prompt.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(never));
    }

    [Fact]
    public async Task A_command_that_is_not_there_is_127_and_the_lock_is_released()
    {
        var prompt = Frozen();

        Assert.Equal(ExitCodes.CommandNotStarted, await prompt.RunAsync("lock", "jobs", "--owner", "me", "--", "/no/such/command"));
        Assert.Contains("'/no/such/command' can't be started", prompt.Error, StringComparison.Ordinal);
        Assert.Equal("DELETE /v1/locks/jobs?fence=42", _node.Requests.Last().Line);
    }

    [Fact]
    public async Task When_the_lock_is_lost_the_command_is_asked_to_stop_and_76_says_so()
    {
        LoseAtFirstSign();
        var folder = Directory.CreateTempSubdirectory();
        var time = new VirtualTime(jumps: false);
        var prompt = new Prompt { Endpoints = _node.Url, Time = time };

        var running = prompt.RunAsync(
            "lock", "jobs", "--owner", "me", "--", "sh", "-c",
            $"trap 'echo stopped > {folder}/end; exit 0' TERM; echo > {folder}/begun; while :; do sleep 0.05; done");
        await AppearsAsync(Path.Combine(folder.FullName, "begun"));
        time.Advance(await time.NextPauseAsync(TestContext.Current.CancellationToken));

        Assert.Equal(ExitCodes.LockLost, await running);
        Assert.Equal("stopped\n", await File.ReadAllTextAsync(Path.Combine(folder.FullName, "end"), TestContext.Current.CancellationToken));
        Assert.Contains("the lock 'jobs' was lost: the command was stopped", prompt.Error, StringComparison.Ordinal);
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_command_that_does_not_stop_is_killed_after_its_grace()
    {
        LoseAtFirstSign();
        var folder = Directory.CreateTempSubdirectory();
        var time = new VirtualTime(jumps: false);
        var prompt = new Prompt { Endpoints = _node.Url, Time = time };

        var running = prompt.RunAsync(
            "lock", "jobs", "--owner", "me", "--grace", "7s", "--", "sh", "-c",
            $"trap '' TERM; echo > {folder}/begun; while :; do sleep 0.05; done");
        await AppearsAsync(Path.Combine(folder.FullName, "begun"));
        time.Advance(await time.NextPauseAsync(TestContext.Current.CancellationToken));
        Assert.Equal(TimeSpan.FromSeconds(7), await time.NextPauseAsync(TestContext.Current.CancellationToken));
        Assert.False(running.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(7));

        Assert.Equal(ExitCodes.LockLost, await running);
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Signals_are_passed_on_and_the_lock_is_released_for_all_that()
    {
        var folder = Directory.CreateTempSubdirectory();
        using var stop = new CancellationTokenSource();
        var signals = new SignalRelay();
        var prompt = new Prompt { Endpoints = _node.Url, Time = new VirtualTime(jumps: false), Signals = signals, Stop = stop.Token };

        var running = prompt.RunAsync(
            "lock", "jobs", "--owner", "me", "--", "sh", "-c",
            $"trap 'exit 9' TERM; echo > {folder}/begun; while :; do sleep 0.05; done");
        await AppearsAsync(Path.Combine(folder.FullName, "begun"));
        signals.Tell(PosixSignal.SIGTERM);
        await stop.CancelAsync();

        Assert.Equal(9, await running);
        Assert.Equal("DELETE /v1/locks/jobs?fence=42", _node.Requests.Last().Line);
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Who_is_interrupted_before_the_command_began_runs_nothing()
    {
        using var stop = new CancellationTokenSource();
        _ = _node.Respond("PUT", "/v1/leases/42", _ =>
        {
            stop.Cancel();
            return (200, """{"id":42,"ttl":"10s"}""", []);
        });
        var never = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var prompt = new Prompt { Endpoints = _node.Url, Time = new VirtualTime(jumps: false), Stop = stop.Token };

        Assert.Equal(ExitCodes.Interrupted, await prompt.RunAsync("lock", "jobs", "--owner", "me", "--", "touch", never));
        Assert.False(File.Exists(never));
    }

    [Fact]
    public async Task An_end_without_the_lock_is_told_even_when_the_command_did_not_notice()
    {
        _ = _node.Problem("DELETE", "/v1/locks/jobs?fence=42", 409, "held", "not-applied");
        var prompt = Frozen();

        Assert.Equal(ExitCodes.LockLost, await prompt.RunAsync("lock", "jobs", "--owner", "me", "--", "true"));
        Assert.Contains("was lost before the command ended, with exit code 0", prompt.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Guards_and_times_are_passed_on()
    {
        _ = _node.On("PUT", "/v1/locks/jobs?ttl=3000ms&owner=me&wait=60000ms&guard=jobs%2F&guard=x&guard-table=users", 200, Granted);

        Assert.Equal(0, await Frozen().RunAsync(
            "lock", "jobs", "--ttl", "3s", "--wait", "1m", "--owner", "me", "--guard", "jobs/", "--guard", "x", "--guard-table", "users", "--", "true"));
    }

    [Fact]
    public async Task A_lock_is_shown_and_released()
    {
        _ = _node
            .On("GET", "/v1/locks/jobs", 200, """
                {"name":"jobs","owner":"you","fence":41,"lease":41,"since":"2026-11-24T08:00:00Z","guard":[{"table":"kv","prefix":"jobs/"}],
                 "waiters":[{"owner":"me","lease":43,"since":"2026-11-24T08:00:01Z"}]}
                """)
            .Problem("GET", "/v1/locks/free", 404, "absent", "not-applied")
            .On("DELETE", "/v1/locks/jobs?force=true&guard=drop", 200, """{"revision":44}""")
            .Problem("DELETE", "/v1/locks/jobs?owner=me", 409, "held", "not-applied");
        var (status, json, free, release, none) = (Frozen(), Frozen(), Frozen(), Frozen(), Frozen());

        Assert.Equal(ExitCodes.Ok, await status.RunAsync("lock", "status", "jobs"));
        Assert.Equal(
            "held by 'you', fence jobs;41, since 2026-11-24T08:00:00Z\nguards kv 'jobs/'\n'me' waits, since 2026-11-24T08:00:01Z\n", status.Out);
        Assert.Equal(ExitCodes.Ok, await json.RunAsync("lock", "status", "jobs", "--json"));
        Assert.StartsWith("""{"name":"jobs","held":true,"status":{"name":"jobs","owner":"you","fence":41,"lease":41""", json.Out, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.NotFound, await free.RunAsync("lock", "status", "free"));
        Assert.Equal("free", free.Out.Trim());
        Assert.Equal(ExitCodes.Ok, await release.RunAsync("lock", "release", "jobs", "--force", "--drop-guard"));
        Assert.Equal("released", release.Out.Trim());
        Assert.Equal(ExitCodes.NotFound, await none.RunAsync("lock", "release", "jobs", "--owner", "me"));
    }

    [Fact]
    public async Task Leases_are_granted_shown_kept_alive_and_revoked()
    {
        _ = _node
            .On("POST", "/v1/leases", 201, """{"id":17,"ttl":"30s","revision":17}""")
            .On("GET", "/v1/leases/17", 200, """{"id":17,"ttl":"30s","remainingMs":28400,"owner":"me","rows":[{"table":"kv","key":"a\tb"}]}""")
            .On("PUT", "/v1/leases/17", 200, """{"id":17,"ttl":"30s"}""")
            .On("DELETE", "/v1/leases/17", 200, """{"revision":18}""")
            .Problem("GET", "/v1/leases/18", 404, "lease-absent", "not-applied")
            .Problem("DELETE", "/v1/leases/18", 404, "lease-absent", "not-applied");
        var (grant, get, json, once, revoke, absent) = (Frozen(), Frozen(), Frozen(), Frozen(), Frozen(), Frozen());

        Assert.Equal(ExitCodes.Ok, await grant.RunAsync("lease", "grant", "30s", "--owner", "me"));
        Assert.Equal("17", grant.Out.Trim());
        Assert.Equal(ExitCodes.Ok, await get.RunAsync("lease", "get", "17"));
        Assert.Equal("lease 17: 28.4s left of 30s, of 'me'\nkv\ta\\tb\n", get.Out);
        Assert.Equal(ExitCodes.Ok, await json.RunAsync("lease", "get", "17", "--json"));
        Assert.Equal("""{"id":17,"found":true,"ttlMs":30000,"remainingMs":28400,"owner":"me","rows":[{"table":"kv","key":"a\tb"}]}""", json.Out.Trim());
        Assert.Equal(ExitCodes.Ok, await once.RunAsync("lease", "keep-alive", "17", "--once"));
        Assert.Equal(ExitCodes.Ok, await revoke.RunAsync("lease", "revoke", "17"));
        Assert.Equal(ExitCodes.NotFound, await absent.RunAsync("lease", "get", "18"));
        Assert.Equal(ExitCodes.NotFound, await Frozen().RunAsync("lease", "keep-alive", "18"));
        Assert.Equal(ExitCodes.NotFound, await Frozen().RunAsync("lease", "revoke", "18"));
    }

    [Fact]
    public async Task A_lease_is_kept_alive_until_it_is_gone()
    {
        var left = 3;
        _ = _node
            .On("GET", "/v1/leases/17", 200, """{"id":17,"ttl":"30s","remainingMs":28400,"rows":[]}""")
            .Respond("PUT", "/v1/leases/17", _ => left-- > 0 ? (200, """{"id":17,"ttl":"30s"}""", []) : (404, "", []));
        var time = new VirtualTime();
        var prompt = new Prompt { Endpoints = _node.Url, Time = time };

        Assert.Equal(ExitCodes.NotFound, await prompt.RunAsync("lease", "keep-alive", "17"));
        Assert.Equal(Enumerable.Repeat(TimeSpan.FromSeconds(10), 3), time.Pauses);
    }

    [Fact]
    public async Task A_leader_says_so_runs_its_command_and_resigns()
    {
        _ = _node
            .On("PUT", "/v1/kv/elections/jobs?lease=42", 201, """{"revision":43,"version":1}""")
            .On("GET", "/v1/kv/elections/jobs", 200, "n1:80", ("ETag", "\"43\""), ("Raft-Version", "1"))
            .On("GET", "/v1/kv/elections/no", 404);
        var (elect, leader, nobody) = (Frozen(), Frozen(), Frozen());

        Assert.Equal(5, await elect.RunAsync("elect", "jobs", "--value", "n1:80", "--owner", "me", "--", "sh", "-c", "exit 5"));
        Assert.Equal(
            [$"PUT {Acquire}", "PUT /v1/leases/42", "PUT /v1/kv/elections/jobs?lease=42", "DELETE /v1/locks/jobs?fence=42"], _node.Requests.Select(asked => asked.Line));
        Assert.Equal(ExitCodes.Ok, await leader.RunAsync("elect", "leader", "jobs"));
        Assert.Equal("n1:80", leader.Out.Trim());
        Assert.Equal(ExitCodes.NotFound, await nobody.RunAsync("elect", "leader", "no"));
        Assert.Equal("raftctl: nobody leads 'no'", nobody.Error.Trim());
    }

    /// <summary>The lease is there when the lock is granted, and gone when its first sign of life is due.</summary>
    private void LoseAtFirstSign()
    {
        var signs = 0;
        _ = _node
            .Respond("PUT", "/v1/leases/42", _ => signs++ == 0 ? (200, """{"id":42,"ttl":"10s"}""", []) : (404, "", []))
            .Problem("DELETE", "/v1/locks/jobs?fence=42", 409, "held", "not-applied");
    }

    private Prompt Frozen() => new() { Endpoints = _node.Url, Time = new VirtualTime(jumps: false) };

    private static async Task AppearsAsync(string file)
    {
        using var watcher = new FileSystemWatcher(Path.GetDirectoryName(file)!);
        var appeared = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        watcher.Created += (_, _) => appeared.TrySetResult();
        watcher.EnableRaisingEvents = true;
        if (!File.Exists(file))
        {
            await appeared.Task.WaitAsync(TestContext.Current.CancellationToken);
        }
    }
}
