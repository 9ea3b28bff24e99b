using System.Security.Cryptography;
using RaftCluster.Chaos.Faults;
using RaftCluster.Tests.EndToEnd.Cluster;
using RaftCluster.Tests.EndToEnd.Writing;
using ExitCode = RaftCluster.Node.ExitCode;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>
/// A node whose disk fails it ends at once, names what failed, and its exit code says it to scripts; the others go on, and
/// with a disk in order it comes back and has everything.
/// </summary>
public sealed class DiskTests : ClusterTests
{
    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(120);

    private int _next;

    // The log's files are 4 MiB then, and rows are in files when four of them are full.
    private protected override string[] Options => ["--election-timeout", "600ms", "--snapshot-log", "16MiB", "--keep-log", "0", "--disk-reserve", "0"];

    [Fact]
    public async Task A_failed_sync_ends_the_node_and_names_the_file()
    {
        var (hurt, acknowledged) = (Cluster.Others(await Cluster.LeaderAsync()).First(), 0);
        var failing = await FailingSync.MakeAsync(Cluster.Folder, hurt.Id);
        Assert.Equal(0, await hurt.StopAsync());
        hurt.Start(failing.Environment);
        await hurt.ReadyAsync();
        acknowledged += await WriteAsync(10);

        await failing.BeginAsync();
        while (hurt.IsUp)
        {
            acknowledged += await WriteAsync(1);
        }

        Assert.Equal(ExitCode.Disk, await hurt.EndAsync());
        var said = LastWords(hurt);
        Assert.Contains(Path.Combine(hurt.Settings.Data, "log"), said, StringComparison.Ordinal);
        Assert.EndsWith("failed: Input/output error", said, StringComparison.Ordinal);
        await ComesBackAsync(hurt, acknowledged);
    }

    /// <summary>Everything before that call is there and nothing after it, as no kill at a moment of its own choosing has it.</summary>
    [Theory]
    [InlineData("write", "/log/", 5)]
    [InlineData("sync", "/log/", 5)]
    [InlineData("rename", "/log/", 1)]
    public async Task A_node_that_is_killed_right_before_a_call_comes_back_and_has_everything(string call, string part, int number)
    {
        var (hurt, acknowledged) = (Cluster.Others(await Cluster.LeaderAsync()).First(), 0);
        var crash = await CrashAtCall.MakeAsync(Cluster.Folder, hurt.Id);
        Assert.Equal(0, await hurt.StopAsync());
        hurt.Start(crash.Environment);
        await hurt.ReadyAsync();
        acknowledged += await WriteAsync(10);

        crash.Begin(call, part, number);
        while (hurt.IsUp)
        {
            acknowledged += await WriteAsync(1);
        }

        await hurt.EndAsync();
        Assert.Contains($"of {hurt.Settings.Data}{part}", crash.Met, StringComparison.Ordinal);
        acknowledged += await WriteAsync(10);
        await ComesBackAsync(hurt, acknowledged);
    }

    [Fact]
    public async Task A_full_disk_ends_the_node_with_an_exit_code_of_its_own()
    {
        var (hurt, acknowledged) = (Cluster.Others(await Cluster.LeaderAsync()).First(), 0);
        Assert.Equal(0, await hurt.StopAsync());
        var (data, aside) = (hurt.Settings.Data, Path.Combine(Cluster.Folder, "aside"));
        Directory.Move(data, aside);
        Directory.CreateDirectory(data);
        var refused = await Tool.TryAsync("mount", "-t", "tmpfs", "-o", "size=20m", "none", data);
        Assert.SkipUnless(refused is null, $"a small disk can't be made here: {refused}");
        try
        {
            await Tool.RunAsync("cp", "-a", $"{aside}/.", data);

            // It is full before the log is cut: what meets that is the log, and not rows on their way to the disk.
            hurt.Start();
            await hurt.ReadyAsync();
            while (hurt.IsUp)
            {
                acknowledged += await WriteAsync(1);
            }

            Assert.Equal(ExitCode.DiskFull, await hurt.EndAsync());
            var said = LastWords(hurt);
            Assert.Contains(Path.Combine(data, "log"), said, StringComparison.Ordinal);
            Assert.EndsWith("failed: No space left on device", said, StringComparison.Ordinal);

            await Tool.RunAsync("mount", "-o", "remount,size=1g", data);
            await ComesBackAsync(hurt, acknowledged);
            Assert.Equal(0, await hurt.StopAsync());
        }
        finally
        {
            if (hurt.IsUp)
            {
                await hurt.KillAsync();
            }

            await Tool.RunAsync("umount", data);
        }
    }

    [Fact]
    public async Task Rows_that_turn_out_damaged_while_they_are_read_end_the_node_and_its_next_start_rebuilds_it()
    {
        var hurt = Cluster.Others(await Cluster.LeaderAsync()).First();
        var rows = Path.Combine(hurt.Settings.Data, "store");
        var acknowledged = await WriteUntilInFilesAsync(hurt, rows);

        Flip(rows);
        var read = 0;
        while (hurt.IsUp)
        {
            acknowledged += await WriteAsync(1);
            await ReadAsync(hurt, read++ % acknowledged);
        }

        Assert.Equal(ExitCode.Corrupt, await hurt.EndAsync());
        var said = LastWords(hurt);
        Assert.Contains(hurt.Settings.Data, said, StringComparison.Ordinal);
        Assert.EndsWith("the next start rebuilds this node from the others", said, StringComparison.Ordinal);

        await ComesBackAsync(hurt, acknowledged);
        Assert.Contains("begins anew, to be rebuilt from the other nodes", hurt.Log.Tail(int.MaxValue), StringComparison.Ordinal);
        for (var row = 0; row < acknowledged; row++)
        {
            Assert.Equal(200, (await hurt.Client.GetAsync($"row/{row}", ("Raft-Consistency", "local"))).Status);
        }
    }

    /// <summary>What nobody asked for reads too. A start that met it again, unaware of it, would end again, and so on for ever.</summary>
    [Theory]
    [InlineData("feed")]
    [InlineData("sweep")]
    public async Task Damage_that_is_met_beside_the_requests_is_noted_too(string meets)
    {
        var leader = await Cluster.LeaderAsync();
        var hurt = Cluster.Others(leader).First();
        var rows = Path.Combine(hurt.Settings.Data, "store");
        var acknowledged = await WriteUntilInFilesAsync(hurt, rows);

        Flip(rows);
        if (meets == "feed")
        {
            await TryAsync(hurt, HttpMethod.Get, "/v1/changes?from=1", null);
        }
        else
        {
            var compacted = await leader.Client.SendAsync(HttpMethod.Post, "/v1/compact", $$"""{"revision":{{acknowledged}}}""");
            Assert.Equal(200, compacted.Status);
        }

        Assert.Equal(ExitCode.Corrupt, await hurt.EndAsync());
        Assert.EndsWith("the next start rebuilds this node from the others", LastWords(hurt), StringComparison.Ordinal);
        await ComesBackAsync(hurt, acknowledged);
    }

    [Fact]
    public async Task A_leader_whose_rows_are_damaged_passes_none_of_it_on_and_another_takes_over()
    {
        var hurt = await Cluster.LeaderAsync();
        var late = Cluster.Others(hurt).First();
        Assert.Equal(0, await late.StopAsync());
        var acknowledged = 0;
        while ((await hurt.Client.SendAsync(HttpMethod.Get, "/v1/cluster", body: null)).Json.GetProperty("firstIndex").GetInt64() == 1)
        {
            acknowledged += await WriteAsync(10);
        }

        Assert.True(hurt == await Cluster.LeaderAsync(), "nobody else has led meanwhile");
        Flip(Path.Combine(hurt.Settings.Data, "store"));
        late.Start();

        Assert.Equal(ExitCode.Corrupt, await hurt.EndAsync());
        Assert.EndsWith("the next start rebuilds this node from the others", LastWords(hurt), StringComparison.Ordinal);
        Assert.Contains("handed over the leadership", hurt.Log.Tail(int.MaxValue), StringComparison.Ordinal);
        hurt.Start();
        Assert.Equal(acknowledged, await Cluster.SameStateAsync(acknowledged, _bound));
        foreach (var node in Cluster.Nodes)
        {
            for (var row = 0; row < acknowledged; row++)
            {
                Assert.Equal(200, (await node.Client.GetAsync($"row/{row}", ("Raft-Consistency", "local"))).Status);
            }
        }
    }

    /// <summary>Writes rows that nothing makes smaller.</summary>
    /// <returns>How many: all of them were acknowledged.</returns>
    private async Task<int> WriteAsync(int count)
    {
        var leader = await Cluster.LeaderAsync();
        for (var i = 0; i < count; i++)
        {
            var value = Convert.ToBase64String(RandomNumberGenerator.GetBytes(24_000));
            var result = await WriteResult.OfAsync(leader, $"row/{_next++}", value);
            Assert.True(result is WriteResult.Acknowledged, $"{result}");
        }

        return count;
    }

    /// <summary>Writes until there are rows in files, and not in memory alone.</summary>
    /// <returns>How many: all of them were acknowledged.</returns>
    private async Task<int> WriteUntilInFilesAsync(NodeProcess node, string rows)
    {
        var acknowledged = 0;
        while (Tables(rows).Sum(file => file.Length) < 2 << 20)
        {
            acknowledged += await WriteAsync(10);
        }

        // The rows' own file may be there before that of their changes is.
        await Eventually.HoldsAsync(
            "what is in files is all of it",
            _bound,
            () => Task.FromResult(node.Log.Tail(int.MaxValue).Contains("took a snapshot at entry", StringComparison.Ordinal)));
        return acknowledged;
    }

    private static string LastWords(NodeProcess node) =>
        Assert.Single(node.Log.Errors, line => line.StartsWith("raftcluster-node: ", StringComparison.Ordinal));

    private async Task ComesBackAsync(NodeProcess node, int acknowledged)
    {
        node.Start();
        await node.ReadyAsync();
        Assert.Equal(acknowledged, await Cluster.SameStateAsync(acknowledged, _bound));
    }

    private static Task ReadAsync(NodeProcess node, int row) =>
        TryAsync(node, HttpMethod.Get, NodeClient.Row($"row/{row}"), null, ("Raft-Consistency", "local"));

    private static async Task TryAsync(NodeProcess node, HttpMethod method, string target, string? body, params (string, string)[] headers)
    {
        try
        {
            await node.Client.SendAsync(method, target, body, headers);
        }
        catch (HttpRequestException)
        {
            // It is ending.
        }
    }

    /// <summary>RocksDB's files of rows, one of which may be gone when it is looked at.</summary>
    private static IEnumerable<FileInfo> Tables(string folder) => new DirectoryInfo(folder).GetFiles("*.sst").Where(file => file.Exists);

    /// <summary>Changes a byte in every four thousand of every file, under a process that has them open.</summary>
    private static void Flip(string folder)
    {
        Span<byte> one = stackalloc byte[1];
        foreach (var table in Tables(folder))
        {
            using var file = File.OpenHandle(table.FullName, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            for (var at = 2000L; at < table.Length; at += 4000)
            {
                RandomAccess.Read(file, one, at);
                one[0] ^= 0x10;
                RandomAccess.Write(file, one, at);
            }
        }
    }
}
