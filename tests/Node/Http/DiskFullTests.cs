using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Tests.Node.Space;

namespace RaftCluster.Tests.Node.Http;

/// <summary>What a client meets when there is too little room on a disk.</summary>
public sealed class DiskFullTests
{
    private const long Enough = 10_000;

    /// <summary>verb, target, body: what would take room</summary>
    public static TheoryData<string, string, string> Growing => new()
    {
        { "PUT", "/v1/kv/b", "v" },
        { "PUT", "/v1/kv/a?ttl=10s", "v" },
        { "PUT", "/v1/tables/u", """{"columns":[{"name":"n","type":"number"}]}""" },
        { "POST", "/v1/tables/t/rows", """{"n":1}""" },
        { "PATCH", "/v1/tables/t/rows/1", """{"n":1}""" },
        { "POST", "/v1/txn", """{"then":[{"op":"delete","key":"a"},{"op":"put","key":"b","value":"v"}]}""" },
        { "POST", "/v1/txn", """{"then":[{"op":"add","key":"n"}]}""" },
        { "POST", "/v1/leases", """{"ttl":"10s"}""" },
        { "PUT", "/v1/locks/l?ttl=10s&owner=me", "" },
    };

    /// <summary>verb, target, body: what makes room, or takes none</summary>
    public static TheoryData<string, string, string?> Shrinking => new()
    {
        { "GET", "/v1/kv/a", null },
        { "GET", "/v1/kv?prefix=", null },
        { "DELETE", "/v1/kv/a", null },
        { "DELETE", "/v1/kv?all=true&prefix=", null },
        { "DELETE", "/v1/tables/t/rows/1", null },
        { "DELETE", "/v1/tables/t", null },
        { "POST", "/v1/txn", """{"then":[{"op":"delete","key":"a"},{"op":"get","key":"a"},{"op":"deleteRange","prefix":"x"}]}""" },
        { "POST", "/v1/compact", """{"revision":2}""" },
        { "PUT", "/v1/leases/LEASE", null },
        { "DELETE", "/v1/leases/LEASE", null },
        { "DELETE", "/v1/locks/held?owner=me", null },
    };

    [Theory, MemberData(nameof(Growing))]
    public async Task A_write_that_grows_is_refused_by_node_folder_and_bytes(string verb, string target, string body)
    {
        var volume = new TestVolume(100_000, Enough);
        await using var node = await StartAsync(volume);
        await LowAsync(node, volume, 1_234);

        var answer = await node.SendAsync(verb, target, body, "Content-Type: application/json");

        Assert.Equal((507, "disk-full", "not-applied"), (answer.Status, answer.Code, answer.Outcome));
        Assert.Equal("10", answer["Retry-After"]);
        Assert.True(answer.Json.GetProperty("retryable").GetBoolean());
        var disk = Assert.Single(answer.Json.GetProperty("disks").EnumerateArray());
        Assert.Equal(
            ("n1", node.Space!.Folder, 1_234, 5_000),
            (disk.GetProperty("node").GetString(), disk.GetProperty("folder").GetString(), disk.GetProperty("free").GetInt64(), disk.GetProperty("needed").GetInt64()));
        var detail = answer.Json.GetProperty("detail").GetString()!;
        Assert.Contains(node.Space.Folder, detail, StringComparison.Ordinal);
        Assert.Contains("raftctl compact", detail, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Shrinking))]
    public async Task What_makes_room_goes_on(string verb, string target, string? body)
    {
        var volume = new TestVolume(1 << 30, 1 << 30);
        await using var node = await StartAsync(volume, reserve: 1 << 29);
        var lease = (await node.SendAsync("POST", "/v1/leases", """{"ttl":"60s"}""")).Json.GetProperty("id").GetInt64();
        await LowAsync(node, volume, node.Store.Unwritten + 4_000);

        var answer = await node.SendAsync(verb, target.Replace("LEASE", $"{lease}", StringComparison.Ordinal), body);

        Assert.True(answer.Status == 200, answer.Text);
    }

    [Theory]
    [InlineData("DELETE", "/v1/kv/big", null)]
    [InlineData("DELETE", "/v1/kv?prefix=b", null)]
    [InlineData("POST", "/v1/txn", """{"then":[{"op":"delete","key":"big"}]}""")]
    [InlineData("POST", "/v1/txn", """{"then":[{"op":"deleteRange","prefix":"b"}]}""")]
    public async Task More_is_not_removed_at_once_than_there_is_room_for_as_history(string verb, string target, string? body)
    {
        var volume = new TestVolume(1 << 30, 1 << 30);
        await using var node = await TestNode.LeaderAsync(options => options with { DiskReserve = 1 << 29 }, volume);
        await node.PutAsync("big", new string('x', 500_000));
        await LowAsync(node, volume, node.Store.Unwritten + 999_000);

        var refused = await node.SendAsync(verb, target, body);
        Assert.Equal((507, "disk-full", "not-applied"), (refused.Status, refused.Code, refused.Outcome));
        Assert.Contains("raftctl compact", refused.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);

        await LowAsync(node, volume, node.Store.Unwritten + 1_100_000);
        Assert.Equal(200, (await node.SendAsync(verb, target, body)).Status);
    }

    [Fact]
    public async Task Writes_go_on_by_themselves_once_there_is_room()
    {
        var volume = new TestVolume(100_000, Enough);
        await using var node = await StartAsync(volume);
        await LowAsync(node, volume, 4_999);
        Assert.Equal(507, (await node.PutAsync("b", "v")).Status);

        volume.Free = 5_300;
        await UntilAsync(() => node.Space!.Room.Free == 5_300);
        Assert.Equal(507, (await node.PutAsync("b", "v")).Status);

        volume.Free = 6_000;
        await UntilAsync(() => !node.Space!.Room.IsLow);
        Assert.Equal(201, (await node.PutAsync("b", "v")).Status);
    }

    [Fact]
    public async Task What_was_done_under_a_key_before_is_still_told()
    {
        var volume = new TestVolume(100_000, Enough);
        await using var node = await StartAsync(volume);
        var first = await node.PutAsync("b", "v", "Idempotency-Key: k1");
        Assert.Equal(201, first.Status);
        await LowAsync(node, volume, 0);

        var again = await node.PutAsync("b", "v", "Idempotency-Key: k1");
        Assert.Equal((201, first.Text, "true"), (again.Status, again.Text, again["Raft-Replayed"]));

        Assert.Equal((507, "disk-full"), await CodeAsync(node.PutAsync("c", "v", "Idempotency-Key: k2")));
    }

    [Fact]
    public async Task A_leader_whose_voters_have_no_majority_with_room_says_so()
    {
        var volume = new TestVolume(100_000, Enough);
        await using var node = await StartAsync(volume);
        var members = TestNode.Members(3);
        node.Consensus.VotersWithoutRoom =
        [
            .. members.Skip(1).Select(member => new MemberStatus(new ConfiguredMember(member, MemberRole.Voter, Promotion.Auto), 1, TimeSpan.Zero) { Room = new PeerRoom(77, IsLow: true) }),
        ];

        var answer = await node.PutAsync("b", "v");

        Assert.Equal((507, "disk-full", "not-applied"), (answer.Status, answer.Code, answer.Outcome));
        Assert.Equal(
            ["n2 77", "n3 77"],
            answer.Json.GetProperty("disks").EnumerateArray().Select(disk => $"{disk.GetProperty("node")} {disk.GetProperty("free")}"));
        Assert.Equal(200, (await node.SendAsync("DELETE", "/v1/kv/a")).Status);

        node.Consensus.VotersWithoutRoom = [];
        Assert.Equal(201, (await node.PutAsync("b", "v")).Status);
    }

    [Fact]
    public async Task The_view_tells_what_the_disk_holds()
    {
        var volume = new TestVolume(100_000, Enough);
        await using var node = await StartAsync(volume);
        await LowAsync(node, volume, 1_000);

        var disk = (await node.GetAsync("/v1/cluster")).Json.GetProperty("disk");

        Assert.Equal(
            (node.Space!.Folder, 100_000, 1_000, 5_000, true),
            (disk.GetProperty("folder").GetString(), disk.GetProperty("total").GetInt64(), disk.GetProperty("free").GetInt64(),
                disk.GetProperty("reserve").GetInt64(), disk.GetProperty("low").GetBoolean()));
        Assert.True(disk.GetProperty("rows").GetInt64() > 0);
        string[] others = ["log", "spare", "snapshots", "aside", "backups"];
        Assert.All(others, kind => Assert.Equal(0, disk.GetProperty(kind).GetInt64()));
        Assert.Equal(new FileInfo(Path.Combine(node.Space!.Folder, "audit.jsonl")).Length, disk.GetProperty("other").GetInt64());
    }

    private static async Task<TestNode> StartAsync(TestVolume volume, long reserve = 5_000)
    {
        var node = await TestNode.LeaderAsync(options => options with { DiskReserve = reserve }, volume);
        await node.PutAsync("a", "1");
        await node.SendAsync("PUT", "/v1/tables/t", """{"columns":[{"name":"n","type":"number"}]}""");
        await node.SendAsync("PUT", "/v1/tables/t/rows/1", """{"n":0}""");
        await node.SendAsync("PUT", "/v1/locks/held?ttl=60s&owner=me");
        return node;
    }

    private static Task LowAsync(TestNode node, TestVolume volume, long free)
    {
        volume.Free = free;
        return UntilAsync(() => node.Space!.Room is { IsLow: true } room && room.Free == free);
    }

    private static async Task<(int, string)> CodeAsync(Task<Answer> answering)
    {
        var answer = await answering;
        return (answer.Status, answer.Code);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(1);
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }
    }
}
