using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.StateMachine;
using RaftCluster.Tests.StateMachine;

namespace RaftCluster.Tests.Node.Consensus;

public sealed class ApplyLoopTests
{
    [Fact]
    public async Task One_that_is_closed_ends_with_the_entry_it_is_at()
    {
        using var folder = new TemporaryFolder();
        await using var log = SegmentedLog.Open(folder.Path, new SegmentedLogOptions { SegmentBytes = 1 << 20 });
        for (var entry = 0; entry < 3; entry++)
        {
            log.Append(1, LogEntryKind.Empty, default);
        }

        using var machine = new HeldMachine();
        var stops = new List<string>();
        var progress = new CommitProgress(0);
        var measures = new ConsensusMeasures();
        var states = new StateComparison(() => machine.Applied, measures, (_, why) => stops.Add(why));
        var loop = new ApplyLoop(log, machine, progress, new ProgressGate(0), null!, states, measures, TimeProvider.System, (_, why) => stops.Add(why));
        progress.OnCommit(loop.Wake);
        progress.Commit(3);
        await machine.AtEntry;

        var closing = loop.CloseAsync().AsTask();
        Assert.False(closing.IsCompleted);
        machine.Go();
        await closing;
        loop.Wake();

        using (await loop.PauseAsync())
        {
            Assert.Equal(1, machine.Applied.Index);
            Assert.Empty(stops);
        }
    }

    /// <summary>Waits in its first entry.</summary>
    private sealed class HeldMachine : IStateMachine, IDisposable
    {
        private readonly ModelStore _inner = new();
        private readonly TaskCompletionSource _atEntry = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _go = new();

        public Task AtEntry => _atEntry.Task;

        public AppliedPosition Applied => _inner.Applied;

        public AppliedPosition Persisted => _inner.Persisted;

        public ILeaseListener? LeaseListener { get; set; }

        public IReadOnlyList<Outcome> Apply(long index, long term, ReadOnlyMemory<byte> entry)
        {
            _atEntry.TrySetResult();
            _go.Wait(TestContext.Current.CancellationToken);
            return _inner.Apply(index, term, entry);
        }

        public IRowReader Read() => _inner.Read();

        public void Flush() => _inner.Flush();

        public long SweepHistory(long most, CancellationToken stop) => _inner.SweepHistory(most, stop);

        public AppliedPosition Checkpoint(string folder) => _inner.Checkpoint(folder);

        public void SwitchTo(string folder, Action? left = null) => _inner.SwitchTo(folder, left);

        public void Go() => _go.Set();

        public void Dispose() => _go.Dispose();
    }
}
