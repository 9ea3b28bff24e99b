using System.Text;
using DotNext.Net.Cluster.Consensus.Raft;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;
using RaftCluster.Node.Consensus;
using RaftCluster.Tests.Node.Consensus.StockDefects.Scripted;
using RaftCluster.Tests.Node.Log;

namespace RaftCluster.Tests.Node.Consensus.StockDefects;

/// <summary>
/// Who waits for an entry is told of that entry alone, also when another leader's took its place. The library's means,
/// the context of an entry, is found by whatever stands at the index in the end.
/// </summary>
public sealed class WaiterDefect
{
    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Defect_7_A_waiter_is_not_answered_by_the_entry_that_took_the_place_of_its_own() =>
        Assert.Equal(nameof(Proposal.Unknown), await ReplaceAsync(await Ours.StartAsync()));

    [Fact]
    public async Task Defect_7_In_the_library_a_waiter_is_handed_the_entry_that_took_the_place_of_its_own() =>
        Assert.Equal("done: another leader's", await ReplaceAsync(new Stock()));

    private static async Task<string> ReplaceAsync(ILeader leader)
    {
        await using (leader)
        {
            leader.Propose("mine");
            await leader.LoseAsync("another leader's");
            return await leader.ToldAsync();
        }
    }

    private interface ILeader : IAsyncDisposable
    {
        /// <summary>Appends an entry for somebody who waits for it.</summary>
        void Propose(string says);

        /// <summary>A new leader's entry takes its place, and is committed and applied.</summary>
        Task LoseAsync(string says);

        /// <summary>What the waiter was told in the end.</summary>
        Task<string> ToldAsync();
    }

    private sealed class Ours(ScriptedCluster cluster) : ILeader
    {
        private readonly CancellationTokenSource _patience = new();
        private Task<Proposal>? _answer;

        public static async Task<Ours> StartAsync() => new(await ScriptedCluster.LeadAsync(3));

        public void Propose(string says)
        {
            cluster.Hold(Task.Delay(Timeout.Infinite, Patience));
            _answer = cluster.Proposer.ProposeAsync(TestCluster.Put(says, "1"), Durability.Quorum, _patience.Token).AsTask();
        }

        public async Task LoseAsync(string says)
        {
            var index = cluster.LastIndex;
            await cluster.HearOfNewLeaderAsync(after: index - 1, ScriptedCluster.Payload(says), isCommitted: true);

            // Waiters of one entry are answered before the next is applied.
            await cluster.HearOfNewLeaderAsync(after: index, ScriptedCluster.Payload("more"), isCommitted: true);
            await cluster.Progress.Applied.WaitAsync(index + 1, WaiterDefect.Patience);
        }

        public async Task<string> ToldAsync()
        {
            await _patience.CancelAsync();
            return (await _answer!).GetType().Name;
        }

        public ValueTask DisposeAsync()
        {
            _patience.Dispose();
            return cluster.DisposeAsync();
        }
    }

    private sealed class Stock : ILeader, IStateMachine
    {
        private readonly TemporaryFolder _folder = new();
        private readonly TaskCompletionSource<string> _waiter = new();
        private readonly WriteAheadLog _log;

        public Stock() => _log = new WriteAheadLog(new WriteAheadLog.Options { Location = _folder.Path }, this);

        ISnapshot? ISnapshotManager.Snapshot => null;

        public void Propose(string says) => Assert.True(
            _log.AppendAsync(new BinaryLogEntry { Term = 1, Content = Encoding.ASCII.GetBytes(says), Context = _waiter }, Patience)
                .AsTask().IsCompletedSuccessfully);

        public async Task LoseAsync(string says)
        {
            await _log.AppendAsync(new BinaryLogEntry { Term = 2, Content = Encoding.ASCII.GetBytes(says) }, 1, Patience);
            await _log.CommitAsync(1, Patience);
            await _log.WaitForApplyAsync(1, Patience);
        }

        public Task<string> ToldAsync() => Task.FromResult(_waiter.Task.IsCompleted ? _waiter.Task.Result : "nothing");

        public async ValueTask DisposeAsync()
        {
            await _log.DisposeAsync();
            _folder.Dispose();
        }

        ValueTask ISnapshotManager.ReclaimGarbageAsync(long watermark, CancellationToken token) => ValueTask.CompletedTask;

        ValueTask<long> IStateMachine.ApplyAsync(LogEntry entry, CancellationToken token)
        {
            if (entry.Context is TaskCompletionSource<string> waiter && entry.TryGetPayload(out var says))
            {
                waiter.TrySetResult($"done: {Encoding.ASCII.GetString(says)}");
            }

            return ValueTask.FromResult(entry.Index);
        }
    }
}
