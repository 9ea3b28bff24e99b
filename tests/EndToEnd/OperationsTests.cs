using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using RaftCluster.Cli;
using RaftCluster.Tests.Cli;
using RaftCluster.Tests.EndToEnd.Cluster;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>What an operator asks of real nodes: the doctor, a bundle for a report, what the disks hold.</summary>
public sealed class OperationsTests : ClusterTests
{
    private const string Secret = "planted-hunter2";

    [Fact]
    public async Task The_doctor_looks_at_real_nodes_and_finds_one_that_is_killed()
    {
        var leader = await Cluster.LeaderAsync();
        Assert.Equal(201, (await leader.Client.PutAsync("a", "1")).Status);
        await Cluster.SameStateAsync(1, TimeSpan.FromSeconds(60));

        var well = await ExamineAsync();
        // How quick its disk and network are is this machine's business.
        Assert.All(
            well.Where(finding => finding.Check is not ("sync" or "elections" or "clock source" or "disk")),
            finding => Assert.True(finding.Severity == "ok", $"{finding}"));
        Assert.Contains(well, finding => finding is ("ok", "quorum", _) && finding.What.Contains("1 more can fail", StringComparison.Ordinal));
        Assert.Equal(3, well.Count(finding => finding.Check == "sync"));
        Assert.Equal(2, well.Count(finding => finding.Check == "elections"));
        Assert.Equal(3, well.Count(finding => finding.Check == "disk"));

        var killed = Cluster.Others(leader).First();
        await killed.KillAsync();
        var ill = await ExamineAsync();
        Assert.Contains(ill, finding => finding is ("warning", "quorum", _));
        Assert.Contains(ill, finding => finding is ("warning", "reachable", _));

        await Cluster.Others(leader).Last().KillAsync();
        Assert.Contains(await ExamineAsync(), finding => finding is ("critical", "quorum", _));
    }

    [Fact]
    public async Task A_bundle_of_real_nodes_holds_no_row()
    {
        var leader = await Cluster.LeaderAsync();
        Assert.Equal(201, (await leader.Client.PutAsync($"key-{Secret}", $"value-{Secret}")).Status);
        // Refusals and errors are logged at most as what they are.
        Assert.Equal(400, (await leader.Client.SendAsync(HttpMethod.Post, "/v1/txn", $"{{\"{Secret}\":")).Status);
        var file = Path.Combine(Cluster.Folder, "report.tar.gz");
        var prompt = new Prompt { Endpoints = Cluster.Endpoints };

        Assert.Equal(ExitCodes.Ok, await prompt.RunAsync("bundle", "-o", file));

        var names = new List<string>();
        await using var packed = new GZipStream(File.OpenRead(file), CompressionMode.Decompress);
        await using var tar = new TarReader(packed);
        while (await tar.GetNextEntryAsync(cancellationToken: TestContext.Current.CancellationToken) is { } entry)
        {
            names.Add(entry.Name);
            using var text = new StreamReader(entry.DataStream!);
            var held = await text.ReadToEndAsync(TestContext.Current.CancellationToken);
            Assert.DoesNotContain(Secret, held, StringComparison.Ordinal);
            if (entry.Name.EndsWith("/log.txt", StringComparison.Ordinal))
            {
                Assert.Contains("serves http://", held, StringComparison.Ordinal);
            }
        }

        Assert.Equal(
            ["doctor.json", .. Cluster.Nodes.SelectMany(node => (string[])[$"{node.Id}/log.txt", $"{node.Id}/node.json", $"{node.Id}/readyz.txt", $"{node.Id}/status.json"]), "raftctl.txt"],
            names);
    }

    [Fact]
    public async Task The_leader_knows_the_room_on_every_disk()
    {
        var leader = await Cluster.LeaderAsync();
        await Eventually.HoldsAsync(
            "each follower told its room",
            TimeSpan.FromSeconds(30),
            async () =>
            {
                var view = (await leader.Client.SendAsync(HttpMethod.Get, "/v1/cluster", body: null)).Json;
                Assert.True(view.GetProperty("disk").GetProperty("log").GetInt64() > 0);
                return view.GetProperty("members").EnumerateArray()
                    .Where(member => member.GetProperty("id").GetString() != leader.Id)
                    .All(member => member.TryGetProperty("disk", out var disk) && disk.GetProperty("free").GetInt64() > 0);
            });
    }

    private async Task<List<(string Severity, string Check, string What)>> ExamineAsync()
    {
        var prompt = new Prompt { Endpoints = Cluster.Endpoints };
        var code = await prompt.RunAsync("doctor", "--json");
        using var said = JsonDocument.Parse(prompt.Out);
        Assert.Equal(code, said.RootElement.GetProperty("exitCode").GetInt32());
        return
        [
            .. said.RootElement.GetProperty("findings").EnumerateArray().Select(finding => (
                finding.GetProperty("severity").GetString()!, finding.GetProperty("check").GetString()!, finding.GetProperty("what").GetString()!)),
        ];
    }
}
