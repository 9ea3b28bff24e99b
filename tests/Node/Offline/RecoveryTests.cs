using System.Text.Json;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus.Log.Disk;
using RaftCluster.Node.Consensus.Snapshots;
using RaftCluster.Node.Offline;
using RaftCluster.Tests.StateMachine;
using ExitCode = RaftCluster.Node.ExitCode;

namespace RaftCluster.Tests.Node.Offline;

/// <summary>What data folders hold when their cluster is lost, and what is made of them.</summary>
public sealed class RecoveryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(3, 9, 3, 8, "n1")]
    [InlineData(3, 8, 3, 9, "n2")]
    [InlineData(4, 5, 3, 9, "n1")]
    [InlineData(2, 99, 3, 1, "n2")]
    public async Task The_newest_is_told_as_raft_tells_it(long term1, int entries1, long term2, int entries2, string newest)
    {
        await MakeAsync("n1", term1, entries1);
        await MakeAsync("n2", term2, entries2);
        var (code, output, _) = await RunAsync("--data", $"{_folder.Sub("n1")},{_folder.Sub("n2")}", "--json");
        Assert.Equal(ExitCode.Ok, code);
        Assert.Equal(newest, JsonDocument.Parse(output).RootElement.GetProperty("folders").EnumerateArray()
            .Single(folder => folder.GetProperty("newest").GetBoolean()).GetProperty("node").GetString());
    }

    [Fact]
    public async Task With_the_flag_it_is_the_only_member_of_another_cluster_and_its_log_is_as_it_was()
    {
        await MakeAsync("n2", 3, 9);
        var data = _folder.Sub("n2");
        var (before, identity) = (Files("n2"), Identity("n2"));
        Assert.Equal(ExitCode.Ok, (await RunAsync("--data", data)).Code);
        Assert.Equal(before, Files("n2"));

        var (code, output, _) = await RunAsync("--data", data, "--i-accept-data-loss");
        Assert.Equal(ExitCode.Ok, code);
        Assert.Contains("NEVER START A NODE ON THE OTHER OLD FOLDERS AGAIN", output, StringComparison.Ordinal);
        var after = Identity("n2");
        Assert.Equal((identity.Epoch + 1, identity.Node, identity.Cluster), (after.Epoch, after.Node, after.Cluster));
        Assert.NotEqual(identity.ClusterId, after.ClusterId);
        Assert.Equal(["n2=http://127.0.0.1:8002/127.0.0.1:7002"], after.Members);
        Assert.Equal(before.Where(InLog), Files("n2").Where(InLog));
        Assert.Equal(identity.ToJson(), await File.ReadAllBytesAsync(Path.Combine(data, "before-epoch-2", "identity.json"), TestContext.Current.CancellationToken));
        Assert.True(File.Exists(Path.Combine(data, "before-epoch-2", "recovery.json")));

        await using var storage = await NodeStorage.OpenAsync(data, LostCluster.Members);
        Assert.Equal("n2", Assert.Single(storage.Newest.Configuration.Members).Id);
        Assert.Equal((9, 3), (storage.Log.LastIndex, storage.Votes.Term));
        Assert.Null(storage.RebuildReason);
    }

    [Fact]
    public async Task It_can_be_done_again_when_it_was_cut_off()
    {
        await MakeAsync("n1", 1, 3);
        Assert.Equal(ExitCode.Ok, (await RunAsync("--data", _folder.Sub("n1"), "--i-accept-data-loss")).Code);
        Assert.Equal(ExitCode.Ok, (await RunAsync("--data", _folder.Sub("n1"), "--i-accept-data-loss")).Code);
        Assert.Equal(3, Identity("n1").Epoch);
        Assert.True(Directory.Exists(_folder.Sub("n1/before-epoch-3")));
    }

    [Theory]
    [InlineData("log", "its log is damaged")]
    [InlineData("rows", "its rows are damaged")]
    [InlineData("vote", "its log is damaged: vote")]
    [InlineData("identity", "its identity.json is missing or damaged")]
    [InlineData("noted", "its node found it damaged: a bad block")]
    [InlineData("absent", "it is not there")]
    public async Task A_folder_that_can_not_be_trusted_is_named_and_never_chosen(string what, string expected)
    {
        await MakeAsync("n1", 3, 50);
        await MakeAsync("n2", 3, 5);
        Damage(what);
        var both = await RunAsync("--data", $"{_folder.Sub("n1")},{_folder.Sub("n2")}");
        Assert.Equal(ExitCode.Ok, both.Code);
        Assert.Contains(expected, both.Output, StringComparison.Ordinal);
        Assert.Contains($"{_folder.Sub("n2")}   <- the newest that can be used", both.Output, StringComparison.Ordinal);

        var alone = await RunAsync("--data", _folder.Sub("n1"), "--i-accept-data-loss");
        Assert.Equal(ExitCode.DataFolder, alone.Code);
        Assert.Contains("none of these folders can be used: restore a backup instead; nothing was changed", alone.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.Sub("n1/before-epoch-2")));
    }

    [Fact]
    public async Task Folders_of_different_clusters_or_in_use_are_refused()
    {
        await MakeAsync("n1", 3, 5);
        await MakeAsync("n2", 3, 5);
        File.WriteAllBytes(_folder.Sub("n2/identity.json"), (Identity("n2") with { ClusterId = "00000000000000ff" }).ToJson());
        var strangers = await RunAsync("--data", $"{_folder.Sub("n1")},{_folder.Sub("n2")}", "--i-accept-data-loss");
        Assert.Equal(ExitCode.DataFolder, strangers.Code);
        Assert.Contains("of different clusters", strangers.Error, StringComparison.Ordinal);

        Assert.Null(DataFolder.Open(_folder.Sub("n1"), out var held));
        using (held)
        {
            File.WriteAllText(_folder.Sub("n1/pid"), "123");
            var used = await RunAsync("--data", _folder.Sub("n1"), "--i-accept-data-loss");
            Assert.Equal(ExitCode.DataFolder, used.Code);
            Assert.Contains("process 123 uses", used.Error, StringComparison.Ordinal);
        }

        Assert.Equal(1, Identity("n1").Epoch);
    }

    [Theory]
    [InlineData("--data is missing")]
    [InlineData("--data names a folder twice", "--data", "a,./a")]
    [InlineData("'b' belongs to no option", "--data", "a", "b")]
    [InlineData("--i-accept-dataloss is no option here; did you mean --i-accept-data-loss?", "--data", "a", "--i-accept-dataloss")]
    public async Task A_wrong_command_line_is_told(string expected, params string[] words)
    {
        var (code, _, error) = await RunAsync(words);
        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    private static bool InLog(KeyValuePair<string, string> file) => file.Key.Contains("/log/", StringComparison.Ordinal);

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] words)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await RecoverCommand.RunAsync(words, output, error);
        return (code, output.ToString(), error.ToString());
    }

    private NodeIdentity Identity(string node) => NodeIdentity.Read(File.ReadAllBytes(_folder.Sub($"{node}/identity.json")))!;

    private Dictionary<string, string> Files(string node) => new DirectoryInfo(_folder.Sub(node))
        .EnumerateFiles("*", SearchOption.AllDirectories)
        .OrderBy(file => file.FullName, StringComparer.Ordinal)
        .ToDictionary(file => file.FullName, file => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file.FullName))));

    private void Damage(string what)
    {
        var data = _folder.Sub("n1");
        switch (what)
        {
            case "log":
                Flip(Directory.GetFiles(Path.Combine(data, "log"), "*.log").Order(StringComparer.Ordinal).First(), 4096 + 60);
                break;
            case "rows":
                foreach (var table in Directory.GetFiles(Path.Combine(data, "store"), "*.sst"))
                {
                    Flip(table, 10);
                }

                break;
            case "vote":
                File.WriteAllBytes(Path.Combine(data, "log", "vote"), new byte[4608]);
                break;
            case "identity":
                File.WriteAllText(Path.Combine(data, "identity.json"), "{");
                break;
            case "noted":
                StorePointer.Read(LocalDisk.Instance, data).WithDamage("a bad block").Write(LocalDisk.Instance, data);
                break;
            default:
                Directory.Delete(data, recursive: true);
                break;
        }
    }

    private static void Flip(string file, int at)
    {
        var bytes = File.ReadAllBytes(file);
        bytes[at] ^= 0x40;
        File.WriteAllBytes(file, bytes);
    }

    private Task MakeAsync(string node, long term, int entries) => LostCluster.MakeAsync(_folder.Sub(node), node, term, entries);
}

file static class Pointers
{
    public static StorePointer WithDamage(this StorePointer pointer, string reason) =>
        pointer with { Phase = RebuildPhase.Noted, Reason = reason };
}
