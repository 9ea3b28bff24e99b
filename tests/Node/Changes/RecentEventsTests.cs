using RaftCluster.Node.Changes;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;
using RaftCluster.Tests.StateMachine;
using static RaftCluster.Tests.StateMachine.Entries;

namespace RaftCluster.Tests.Node.Changes;

/// <summary>What is kept for all readers is bounded, and never more than that.</summary>
public sealed class RecentEventsTests
{
    [Fact]
    public void Older_events_go_when_newer_ones_need_the_room()
    {
        var events = Events(10, 1_000);
        var recent = new RecentEvents(most: 3 * events[^1].Length);
        for (var revision = 1; revision <= 10; revision++)
        {
            recent.Add(revision, events[revision - 1]);
        }

        for (var revision = 0; revision <= 12; revision++)
        {
            Assert.Equal(revision is >= 8 and <= 10, recent.TryGet(revision, out var kept));
            Assert.Equal(revision is >= 8 and <= 10 ? events[revision - 1] : null, kept);
        }
    }

    [Fact]
    public void The_newest_is_kept_whatever_its_length_and_revisions_of_no_interest_cost_nothing()
    {
        var events = Events(2, 10_000);
        var recent = new RecentEvents(most: 100);
        recent.Add(1, events[0]);
        Assert.True(recent.TryGet(1, out _));
        recent.Add(2, null);
        Assert.False(recent.TryGet(1, out _));
        for (var revision = 3; revision < 1_000; revision++)
        {
            recent.Add(revision, null);
        }

        Assert.True(recent.TryGet(2, out var nothing));
        Assert.Null(nothing);
    }

    [Fact]
    public void It_begins_anew_where_it_is_told_to()
    {
        var recent = new RecentEvents(most: 1_000);
        recent.Add(1, null);
        recent.Restart(7);
        Assert.False(recent.TryGet(1, out _));
        Assert.Throws<InvariantException>(() => recent.Add(8, null));
        recent.Add(7, null);
        Assert.True(recent.TryGet(7, out _));
    }

    private static List<RenderedEvent> Events(int count, int length)
    {
        using var folder = new TemporaryFolder();
        using var store = RowStore.Open(folder.Sub("rows"));
        using var maker = new RenderedEvent.Maker();
        for (var row = 0; row < count; row++)
        {
            store.Do(Put($"k{row:00}", new string('v', length)));
        }

        var events = new List<RenderedEvent>();
        using var reader = store.Read();
        using var walk = reader.Changes(new ChangePlace(1));
        while (walk.NextTransaction())
        {
            events.Add(maker.Make(walk)!);
        }

        return events;
    }
}
