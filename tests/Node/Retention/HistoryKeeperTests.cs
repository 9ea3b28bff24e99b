using Microsoft.Extensions.Logging.Abstractions;
using RaftCluster.Node.Retention;
using RaftCluster.StateMachine.Storage;
using RaftCluster.Tests.Node.Http;
using RaftCluster.Tests.StateMachine;
using static RaftCluster.Tests.StateMachine.Entries;

namespace RaftCluster.Tests.Node.Retention;

public sealed class HistoryKeeperTests
{
    [Fact]
    public async Task The_leader_drops_what_is_beyond_the_bound_and_the_node_removes_it()
    {
        await using var node = await TestNode.LeaderAsync();
        for (var value = 0; value < 10; value++)
        {
            await node.PutAsync("a", $"{value}");
        }

        using var time = new QuickTime();
        await using var keeper = new HistoryKeeper(
            new RetentionPolicy(null, 3), 1000, node.Consensus, node.Store, time, NullLogger.Instance);

        await UntilAsync(() => keeper.Swept == 7);
        Assert.Equal(7, node.Store.Oldest());
        Assert.Equal(0, node.Store.SweepHistory(1000, TestContext.Current.CancellationToken));
        Assert.Equal("7", node.Store.Value("a", 8));
        Assert.Equal("9", node.Store.Value("a"));
    }

    [Fact]
    public async Task A_follower_leaves_the_bound_to_the_leader()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;
        for (var value = 0; value < 10; value++)
        {
            await leader.PutAsync("a", $"{value}");
        }

        using var time = new QuickTime();
        await using var keeper = new HistoryKeeper(
            new RetentionPolicy(null, 3), 1000, follower.Consensus, follower.Store, time, NullLogger.Instance);

        await time.TicksAsync(20);
        Assert.Equal(0, follower.Store.Oldest());
        Assert.Equal(10, leader.Consensus.Proposed);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Yield();
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }
    }
}

/// <summary>A clock whose periodic timers tick as fast as they are waited for.</summary>
internal class QuickTime : TimeProvider, IDisposable
{
    private readonly SemaphoreSlim _ticks = new(0);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        period == Timeout.InfiniteTimeSpan
            ? base.CreateTimer(callback, state, dueTime, period)
            : base.CreateTimer(
                at =>
                {
                    callback(at);
                    _ticks.Release();
                },
                state,
                TimeSpan.FromMilliseconds(5),
                TimeSpan.FromMilliseconds(5));

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _ticks.Dispose();
    }

    public async Task TicksAsync(int count)
    {
        for (var tick = 0; tick < count; tick++)
        {
            await _ticks.WaitAsync(TestContext.Current.CancellationToken);
        }
    }
}

file static class Histories
{
    public static long Oldest(this RowStore store)
    {
        using var picture = store.Read();
        return picture.OldestRevision;
    }
}
