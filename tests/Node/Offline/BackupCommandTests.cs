using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Snapshots;
using RaftCluster.Node.Offline;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;
using RaftCluster.Tests.Node.Backups;
using RaftCluster.Tests.StateMachine;
using ExitCode = RaftCluster.Node.ExitCode;

namespace RaftCluster.Tests.Node.Offline;

/// <summary>Backups that are checked and restored without a running node, and every wrong use of that.</summary>
public sealed class BackupCommandTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private AppliedPosition _reached;

    private string Full => _folder.Sub("full");

    private string First => _folder.Sub("first");

    private string Second => _folder.Sub("second");

    private string Data => _folder.Sub("data");

    public async ValueTask InitializeAsync()
    {
        using var store = RowStore.Open(_folder.Sub("store"));
        store.Do(Entries.Put("a", "1"));
        store.Do(Entries.Put("b", "1", table: "users"));
        await BackupFiles.FullAsync(store, _folder.Sub("copy"), Full);
        store.Do(Entries.Put("a", "2"));
        store.Do(Entries.Put("c", "1"));
        await BackupFiles.IncrementAsync(store, 2, First);
        store.Do(Entries.Delete("a"));
        await BackupFiles.IncrementAsync(store, 4, Second);
        _reached = store.Applied;
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return default;
    }

    [Fact]
    public async Task A_sound_backup_is_said_to_be_so_row_by_row()
    {
        var (code, output, error) = await RunAsync("verify", Full, First, Second, "--scratch", _folder.Path);
        Assert.Equal((ExitCode.Ok, ""), (code, error));
        Assert.Contains("rows       kv 1, users 1; 3 versions in history", output, StringComparison.Ordinal);
        Assert.Contains("sound: every row was read, and the state hash is the one stated", output, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.EnumerateDirectories(_folder.Path), folder => folder.Contains("raftcluster-verify", StringComparison.Ordinal));

        Assert.Equal(ExitCode.Ok, (await RunAsync("verify", Second)).Code);
        Assert.Contains("sound, by its checksums", (await RunAsync("verify", Full, "--quick")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("full", 0.1)]
    [InlineData("full", 0.5)]
    [InlineData("full", 0.99)]
    [InlineData("first", 0.5)]
    [InlineData("first", 0.9)]
    public async Task A_damaged_one_is_found_and_nothing_is_made_of_it(string which, double place)
    {
        var bytes = await File.ReadAllBytesAsync(_folder.Sub(which), TestContext.Current.CancellationToken);
        bytes[(int)(bytes.Length * place)] ^= 1;
        await File.WriteAllBytesAsync(_folder.Sub(which), bytes, TestContext.Current.CancellationToken);
        var (code, _, error) = await RunAsync("verify", Full, First, "--quick");
        Assert.Equal(ExitCode.Corrupt, code);
        Assert.Contains("is damaged", error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Corrupt, (await RestoreAsync(Full, First)).Code);
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task A_restored_folder_is_a_node_of_a_new_cluster_in_the_next_epoch()
    {
        var (code, _, error) = await RestoreAsync(Full, First, Second);
        Assert.Equal((ExitCode.Ok, ""), (code, error));
        Assert.Null(DataFolder.Open(Data, out var folder));
        using (folder)
        {
            var identity = folder!.Identity;
            Assert.Equal(("n1", 2, "raft"), (identity.Node, identity.Epoch, identity.Cluster));
            Assert.NotEqual(BackupFiles.Header.ClusterId, identity.ClusterId);
            Assert.Equal(["n1=http://127.0.0.1:9001/127.0.0.1:9002"], identity.Members);
            await using var storage = await NodeStorage.OpenAsync(Data, [new Member("n1", new Uri("http://127.0.0.1:9001"), new(new System.Net.IPAddress([127, 0, 0, 1]), 9002))]);
            Assert.Equal(_reached, storage.Rows.Applied);
            Assert.Equal((_reached.Index, _reached.Term), (storage.Log.LastIndex, storage.Log.TermAt(storage.Log.LastIndex)));
            Assert.Equal(BackupFiles.Header.CurrentTerm, storage.Votes.Term);
        }

        // Another one of the same backup is another cluster again.
        Assert.Equal(ExitCode.Ok, (await RunAsync("restore", Full, "--data", _folder.Sub("other"), "--node", "n1")).Code);
        Assert.NotEqual(
            await File.ReadAllTextAsync(Path.Combine(Data, "identity.json"), TestContext.Current.CancellationToken) is var one ? one[one.IndexOf("clusterId", StringComparison.Ordinal)..][..40] : "",
            await File.ReadAllTextAsync(_folder.Sub("other/identity.json"), TestContext.Current.CancellationToken) is var two ? two[two.IndexOf("clusterId", StringComparison.Ordinal)..][..40] : "");
    }

    [Theory]
    [InlineData(2, "1")]
    [InlineData(3, "2")]
    [InlineData(5, null)]
    public async Task A_restore_stops_at_a_revision(long revision, string? value)
    {
        Assert.Equal(ExitCode.Ok, (await RestoreAsync(Full, First, Second, "--to-revision", $"{revision}")).Code);
        using var store = RowStore.Open(Path.Combine(Data, "store"));
        Assert.Equal((revision, value), (store.Applied.Revision, store.Value("a")));
    }

    [Fact]
    public async Task A_restore_overwrites_nothing()
    {
        Directory.CreateDirectory(Data);
        var note = Path.Combine(Data, "note");
        await File.WriteAllTextAsync(note, "mine", TestContext.Current.CancellationToken);
        var (code, _, error) = await RestoreAsync(Full);
        Assert.Equal(ExitCode.DataFolder, code);
        Assert.Contains("is not empty: a restore overwrites nothing", error, StringComparison.Ordinal);
        Assert.Equal([note], Directory.EnumerateFileSystemEntries(Data));

        File.Delete(note);
        Assert.Equal(ExitCode.Ok, (await RestoreAsync(Full)).Code);
        Assert.Equal(ExitCode.DataFolder, (await RestoreAsync(Full)).Code);
    }

    [Fact]
    public async Task What_does_not_go_together_is_refused_by_name()
    {
        await IsRefusedAsync("is an increment since revision 2: name the full backup it goes on first", First);
        await IsRefusedAsync("revisions 3 to 4 are missing", Full, Second);
        await IsRefusedAsync("name them in their order", Full, First, Second, First);
        await IsRefusedAsync("only the first file may be one", Full, Full);
        await IsRefusedAsync("they go from 2 to 4", Full, First, "--to-revision", "9");
        await IsRefusedAsync("they go from 2 to 4", Full, First, "--to-revision", "1");

        using var other = RowStore.Open(_folder.Sub("another"));
        other.Do(Entries.Put("x"));
        other.Do(Entries.Put("y"));
        other.Do(Entries.Put("z"));
        await BackupFiles.IncrementAsync(other, 2, _folder.Sub("stranger"));
        var (code, _, error) = await RestoreAsync(Full, _folder.Sub("stranger"));
        Assert.Equal(ExitCode.Corrupt, code);
        Assert.Contains("does not continue what is before it", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Data));
    }

    [Theory]
    [InlineData("backup needs verify or restore")]
    [InlineData("backup verify needs the file of a backup", "verify")]
    [InlineData("--to-revision 'x' is no revision", "restore", "f", "--data", "d", "--node", "n", "--to-revision", "x")]
    [InlineData("--data is missing", "restore", "f", "--node", "n")]
    [InlineData("--node is missing or no name", "restore", "f", "--data", "d")]
    [InlineData("--http 'ftp://a' is no http://HOST:PORT", "restore", "f", "--data", "d", "--node", "n", "--http", "ftp://a")]
    [InlineData("--peer 'x' is no IP:PORT", "restore", "f", "--data", "d", "--node", "n", "--peer", "x")]
    [InlineData("--qick is no option here; did you mean --quick?", "verify", "f", "--qick")]
    [InlineData("--data is stated twice", "restore", "f", "--data", "d", "--data", "d")]
    [InlineData("--data needs a value", "restore", "f", "--data")]
    public async Task A_wrong_command_line_is_told(string expected, params string[] words)
    {
        var (code, _, error) = await RunAsync(words);
        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_none_is_told()
    {
        Assert.Equal(ExitCode.DataFolder, (await RunAsync("verify", _folder.Sub("absent"))).Code);
        var (code, _, error) = await RunAsync("verify", Path.Combine(_folder.Path, "copy", "CURRENT"));
        Assert.Equal(ExitCode.Corrupt, code);
        Assert.Contains("is no backup: it does not begin like one", error, StringComparison.Ordinal);
    }

    private async Task IsRefusedAsync(string expected, params string[] words)
    {
        var (code, _, error) = await RestoreAsync(words);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, code);
        Assert.False(Directory.Exists(Data));
    }

    private Task<(int Code, string Output, string Error)> RestoreAsync(params string[] words) => RunAsync(
        ["restore", .. words, "--data", Data, "--node", "n1", "--http", "http://127.0.0.1:9001", "--peer", "127.0.0.1:9002"]);

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] words)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await BackupCommand.RunAsync(words, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
