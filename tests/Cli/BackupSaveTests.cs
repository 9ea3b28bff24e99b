using System.Text.Json;
using RaftCluster.Cli;
using RaftCluster.Node.Backups;
using RaftCluster.StateMachine.Storage;
using RaftCluster.Tests.Node.Backups;
using RaftCluster.Tests.Node.Http;
using RaftCluster.Tests.StateMachine;

namespace RaftCluster.Tests.Cli;

/// <summary><c>raftctl backup save</c> against nodes that answer as they are told.</summary>
public sealed class BackupSaveTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string File => _folder.Sub("a.raftbackup");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_follower_makes_it_and_the_leader_when_the_follower_can_not()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using (leader)
        await using (follower)
        {
            await leader.PutAsync("a", "1");
            Assert.Equal("n2", (await SaveAsync(leader, File)).GetProperty("node").GetString());

            follower.Copies.Failure = new StorageException("rows", StorageFault.DiskFull, "no room");
            var prompt = new Prompt { Endpoints = leader.Self.Url.ToString() };
            Assert.Equal(ExitCodes.Ok, await prompt.RunAsync("backup", "save", _folder.Sub("b.raftbackup"), "--json"));
            Assert.Equal("n1", JsonDocument.Parse(prompt.Out).RootElement.GetProperty("node").GetString());
            Assert.Contains("n2 made no backup, so n1 is asked: store in rows: no room", prompt.Error, StringComparison.Ordinal);

            // A node that was named is not passed over.
            Assert.Equal(ExitCodes.Unavailable, await prompt.RunAsync("backup", "save", _folder.Sub("c.raftbackup"), "--node", "n2"));
            Assert.Equal(ExitCodes.NotFound, await prompt.RunAsync("backup", "save", _folder.Sub("c.raftbackup"), "--node", "n9"));
            Assert.Equal(["a.raftbackup", "b.raftbackup"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task Nothing_is_overwritten_unasked()
    {
        await using var node = await TestNode.LeaderAsync();
        await System.IO.File.WriteAllTextAsync(File, "mine", TestContext.Current.CancellationToken);
        var prompt = new Prompt { Endpoints = node.Self.Url.ToString() };
        Assert.Equal(ExitCodes.Local, await prompt.RunAsync("backup", "save", File));
        Assert.Contains("is there already", prompt.Error, StringComparison.Ordinal);
        Assert.Equal("mine", await System.IO.File.ReadAllTextAsync(File, TestContext.Current.CancellationToken));
        Assert.Equal(ExitCodes.Ok, await prompt.RunAsync("backup", "save", File, "--force"));
        using var reader = BackupReader.Open(File);
        Assert.Equal("n1", reader.Header.Node);
    }

    [Fact]
    public async Task An_increment_goes_on_a_file_or_a_revision()
    {
        await using var node = await TestNode.LeaderAsync();
        await node.PutAsync("a", "1");
        await SaveAsync(node, File);
        await node.PutAsync("a", "2");
        var made = await SaveAsync(node, _folder.Sub("b"), "--since", File);
        Assert.Equal((1, 2, "increment"), (made.GetProperty("since").GetInt64(), made.GetProperty("revision").GetInt64(), made.GetProperty("kind").GetString()));
        Assert.Equal(0, (await SaveAsync(node, _folder.Sub("c"), "--since", "0")).GetProperty("since").GetInt64());

        var prompt = new Prompt { Endpoints = node.Self.Url.ToString() };
        Assert.Equal(ExitCodes.Usage, await prompt.RunAsync("backup", "save", _folder.Sub("d"), "--since", _folder.Sub("absent")));
        Assert.Contains("neither a revision nor a backup", prompt.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Refused, await prompt.RunAsync("backup", "save", _folder.Sub("d"), "--since", "9"));

        await node.PutAsync("a", "3");
        await node.SendAsync("POST", "/v1/compact", """{"revision":3}""", "Content-Type: application/json");
        Assert.Equal(ExitCodes.Refused, await prompt.RunAsync("backup", "save", _folder.Sub("d"), "--since", File));
        Assert.Contains("Take a full backup", prompt.Error, StringComparison.Ordinal);

        // The base is of another cluster.
        await BackupFiles.IncrementAsync(node.Store, 4, _folder.Sub("stranger"));
        Assert.Equal(ExitCodes.Refused, await prompt.RunAsync("backup", "save", _folder.Sub("d"), "--since", _folder.Sub("stranger")));
        Assert.Contains("the backup to go on is of cluster 0123456789abcdef", prompt.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetFiles(_folder.Path), file => Path.GetFileName(file).StartsWith('d'));
    }

    [Fact]
    public async Task Standard_output_gets_the_bytes_alone()
    {
        await using var node = await TestNode.LeaderAsync();
        var prompt = new Prompt { Endpoints = node.Self.Url.ToString() };
        Assert.Equal(ExitCodes.Ok, await prompt.RunAsync("backup", "save", "-"));
        Assert.StartsWith("RAFTBKUP", prompt.Out, StringComparison.Ordinal);
        Assert.Contains("saved standard output: revision 0", prompt.Error, StringComparison.Ordinal);
    }

    private static async Task<JsonElement> SaveAsync(TestNode node, string file, params string[] words)
    {
        var prompt = new Prompt { Endpoints = node.Self.Url.ToString() };
        Assert.True(await prompt.RunAsync(["backup", "save", file, "--json", .. words]) == ExitCodes.Ok, prompt.Error);
        return JsonDocument.Parse(prompt.Out).RootElement;
    }
}
