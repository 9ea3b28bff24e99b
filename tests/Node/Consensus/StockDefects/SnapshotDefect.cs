using System.Reflection;
using DotNext.IO;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;
using RaftCluster.StateMachine.Storage;
using RaftCluster.Tests.StateMachine;
using IStockStateMachine = DotNext.Net.Cluster.Consensus.Raft.StateMachine.IStateMachine;
using TemporaryFolder = RaftCluster.Tests.Node.Log.TemporaryFolder;

namespace RaftCluster.Tests.Node.Consensus.StockDefects;

/// <summary>
/// A copy of the rows is made while entries are applied. The two parts have no shape in common, so there are two
/// scenarios: RocksDB can't be held up in the middle of a copy, and the library's snapshot can.
/// </summary>
public sealed class SnapshotDefect
{
    [Fact]
    public async Task Defect_10_Entries_are_applied_while_a_copy_is_made()
    {
        const int Copies = 50;
        const int BehindACopy = 10;
        using var folder = new TemporaryFolder();
        using var rows = RowStore.Open(Path.Combine(folder.Path, "rows"), new RowStoreOptions());
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var applying = Task.Run(
            () =>
            {
                while (!enough.IsCancellationRequested)
                {
                    rows.Do(Entries.Put($"{rows.Applied.Index % 1000}"));
                }
            },
            CancellationToken.None);

        // How far the rows are ahead of a copy at the moment it is ready: applied meanwhile.
        var most = 0L;
        for (var copy = 0; copy < Copies && most < BehindACopy; copy++)
        {
            var position = rows.Checkpoint(Path.Combine(folder.Path, $"copy {copy}"));
            most = Math.Max(most, rows.Applied.Index - position.Index);
        }

        await enough.CancelAsync();
        await applying;
        Assert.True(most >= BehindACopy, $"at most {most} entries were applied while a copy was made");
    }

    [Fact]
    public async Task Defect_10_In_the_library_nothing_is_applied_while_a_snapshot_is_written()
    {
        using var folder = new TemporaryFolder();
        await using var machine = new SlowToPersist(folder.Path);
        IStockStateMachine stock = machine;
        await stock.ApplyAsync(Entry(1), CancellationToken.None);
        await machine.Persisting;

        var second = stock.ApplyAsync(Entry(2), CancellationToken.None).AsTask();

        Assert.Equal((1, false), (machine.Entries, second.IsCompleted));
        machine.Finish();
        await second;
        Assert.Equal(2, machine.Entries);
    }

    private static LogEntry Entry(long index) => (LogEntry)Activator.CreateInstance(
        typeof(LogEntry), BindingFlags.Instance | BindingFlags.NonPublic, null, [1L, index], null)!;

    /// <summary>Asks for a snapshot after its first entry, and takes its time over it.</summary>
    private sealed class SlowToPersist(string folder) : SimpleStateMachine(new DirectoryInfo(folder))
    {
        private readonly TaskCompletionSource _begun = new();
        private readonly TaskCompletionSource _finish = new();

        public Task Persisting => _begun.Task;

        public int Entries { get; private set; }

        public void Finish() => _finish.SetResult();

        protected override ValueTask<bool> ApplyAsync(LogEntry entry, CancellationToken token) => ValueTask.FromResult(++Entries == 1);

        protected override async ValueTask PersistAsync(IAsyncBinaryWriter writer, CancellationToken token)
        {
            _begun.SetResult();
            await _finish.Task;
        }

        protected override ValueTask RestoreAsync(FileInfo snapshotFile, CancellationToken token) => ValueTask.CompletedTask;
    }
}
