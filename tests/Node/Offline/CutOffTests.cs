using System.Diagnostics;
using RaftCluster.Chaos;
using RaftCluster.Chaos.Cluster;
using RaftCluster.Chaos.Faults;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus.Snapshots;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;
using RaftCluster.Tests.Node.Backups;
using RaftCluster.Tests.StateMachine;
using ExitCode = RaftCluster.Node.ExitCode;

namespace RaftCluster.Tests.Node.Offline;

/// <summary>
/// What makes a data folder without a node, killed right before each call by which it brings something to the disk: the first
/// of them, the second, and so on until it comes to its end.
/// </summary>
public sealed class CutOffTests : IAsyncLifetime
{
    private const int Killed = 128 + 9;
    private const string Program = "cut";
    private const DiskCalls All = DiskCalls.Write | DiskCalls.PositionedWrite | DiskCalls.Sync | DiskCalls.DataSync | DiskCalls.Rename;

    private readonly TemporaryFolder _folder = new();
    private IReadOnlyDictionary<string, string> _environment = new Dictionary<string, string>();

    public async ValueTask InitializeAsync()
    {
        try
        {
            _environment = await NodeShim.PrepareAsync(_folder.Path, await NodeShim.BuildAsync(_folder.Path), Program);
        }
        catch (HarnessException unable)
        {
            Assert.Skip($"no library can be made here: {unable.Message}");
        }
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_recovery_is_done_again_and_keeps_what_was_there_before_the_first()
    {
        var whole = _folder.Sub("n2");
        await LostCluster.MakeAsync(whole, "n2", term: 3, entries: 9);
        var before = await File.ReadAllBytesAsync(Path.Combine(whole, "identity.json"), TestContext.Current.CancellationToken);
        var met = new HashSet<string>();
        for (var number = 1; ; number++)
        {
            var data = _folder.Sub($"{number}/n2");
            Copy(whole, data);
            string[] recover = ["recover", "--data", data, "--i-accept-data-loss"];
            if (await CutAsync(data, number, met, recover) is ExitCode.Ok)
            {
                break;
            }

            Assert.Equal(ExitCode.Ok, await RunAsync(recover));

            // Two epochs, when the first attempt had come as far as the identity: either way a new one.
            var identity = NodeIdentity.Read(await File.ReadAllBytesAsync(Path.Combine(data, "identity.json"), TestContext.Current.CancellationToken))!;
            Assert.InRange(identity.Epoch, 2, 3);
            Assert.Equal(["n2=http://127.0.0.1:8002/127.0.0.1:7002"], identity.Members);
            Assert.Equal(before, await File.ReadAllBytesAsync(Path.Combine(data, "before-epoch-2", "identity.json"), TestContext.Current.CancellationToken));
            await using (var storage = await NodeStorage.OpenAsync(data, LostCluster.Members))
            {
                Assert.Equal("n2", Assert.Single(storage.Newest.Configuration.Members).Id);
                Assert.Equal((9, 3), (storage.Log.LastIndex, storage.Votes.Term));
                Assert.Null(storage.RebuildReason);
            }

            Directory.Delete(_folder.Sub($"{number}"), recursive: true);
        }

        Assert.Superset(new HashSet<string> { "rename of identity.json", "rename of configuration" }, met);
    }

    [Fact]
    public async Task A_restore_leaves_all_of_it_or_a_folder_that_no_node_starts_on_and_the_backup_as_it_was()
    {
        var (backup, reached) = await BackUpAsync();
        var before = await File.ReadAllBytesAsync(backup, TestContext.Current.CancellationToken);
        var met = new HashSet<string>();
        for (var number = 1; ; number++)
        {
            var data = _folder.Sub($"{number}/n1");
            string[] restore = ["backup", "restore", backup, "--node", "n1", "--data", data];
            if (await CutAsync(data, number, met, restore) is ExitCode.Ok)
            {
                Assert.Equal(reached, await RowsAsync(data));
                break;
            }

            var isEmpty = !Directory.Exists(data) || !Directory.EnumerateFileSystemEntries(data).Any();
            if (File.Exists(Path.Combine(data, "identity.json")))
            {
                Assert.Equal(reached, await RowsAsync(data));
            }
            else if (!isEmpty)
            {
                Assert.Contains("no identity.json: whose it is can't be told", DataFolder.Open(data, out _)?.Message, StringComparison.Ordinal);
            }

            Assert.Equal(isEmpty ? ExitCode.Ok : ExitCode.DataFolder, await RunAsync(restore));
            Assert.Equal(before, await File.ReadAllBytesAsync(backup, TestContext.Current.CancellationToken));
            Directory.Delete(_folder.Sub($"{number}"), recursive: true);
        }

        Assert.Superset(new HashSet<string> { "rename of identity.json" }, met);
    }

    private async Task<(string File, AppliedPosition Reached)> BackUpAsync()
    {
        using var store = RowStore.Open(_folder.Sub("store"));
        store.Do(Entries.Put("a", "1"));
        store.Do(Entries.Put("b", "1", table: "users"));
        await BackupFiles.FullAsync(store, _folder.Sub("copy"), _folder.Sub("backup"));
        return (_folder.Sub("backup"), store.Applied);
    }

    private static async Task<AppliedPosition> RowsAsync(string data)
    {
        await using var storage = await NodeStorage.OpenAsync(data, LostCluster.Members);
        Assert.Equal(storage.Rows.Applied.Index, storage.Log.LastIndex);
        return storage.Rows.Applied;
    }

    /// <summary>Runs it until right before a call on files of a folder.</summary>
    /// <returns>Its exit code: that of one that was killed, or the one of success, when it made fewer such calls.</returns>
    private async Task<int> CutAsync(string data, int number, HashSet<string> met, string[] words)
    {
        NodeShim.EndBefore(_folder.Path, Program, All, data, number);
        var code = await RunAsync(words);
        if (code == Killed)
        {
            // As 'fdatasync of FILE'; a file that is written before it has its name ends in what makes it another one.
            var call = NodeShim.EndedBefore(_folder.Path, Program)!;
            met.Add($"{call.Split(' ')[0]} of {Path.GetFileName(call)}");
        }
        else
        {
            Assert.Equal(ExitCode.Ok, code);
            NodeShim.GoOn(_folder.Path, Program);
        }

        return code;
    }

    private async Task<int> RunAsync(string[] words)
    {
        var start = new ProcessStartInfo(
            NodeProgram.Host, [Path.Combine(AppContext.BaseDirectory, "raftcluster-node.dll"), .. words])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in _environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var (output, error) = (
            process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken),
            process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        TestContext.Current.TestOutputHelper?.WriteLine(await output + await error);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode;
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in new DirectoryInfo(from).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file.FullName));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            file.CopyTo(target);
        }
    }
}
