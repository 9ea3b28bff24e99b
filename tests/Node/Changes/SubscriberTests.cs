using RaftCluster.Node.Changes;

namespace RaftCluster.Tests.Node.Changes;

/// <summary>What a reader is told by the hub, whichever of the two is quicker.</summary>
public sealed class SubscriberTests
{
    /// <summary>revisions marked, then up to where is taken: where to look from</summary>
    public static TheoryData<long[], long, long> Marks => new()
    {
        { [], 9, 0 },
        { [5], 4, 0 },
        { [5], 5, 5 },
        { [5, 7, 9], 9, 5 },
    };

    [Theory]
    [MemberData(nameof(Marks))]
    public void What_is_of_interest_is_found_from_its_first_revision_on(long[] marks, long reached, long from)
    {
        var reader = new Subscriber(new ChangeFilter());
        reader.Begin(1);
        Array.ForEach(marks, reader.Mark);

        Assert.Equal(from, reader.Take(reached));
    }

    [Fact]
    public void What_is_marked_behind_what_is_taken_stays_marked()
    {
        var reader = new Subscriber(new ChangeFilter());
        reader.Begin(1);
        reader.Mark(5);
        reader.Mark(9);

        // The hub has passed on 7, and is at 9: that is not to be forgotten with the rest.
        Assert.Equal(5, reader.Take(7));
        Assert.Equal(0, reader.Take(7));
        Assert.Equal(8, reader.Take(9));
        Assert.Equal(0, reader.Take(9));
    }

    [Fact]
    public async Task A_wake_before_the_wait_is_not_lost_and_many_are_one()
    {
        var reader = new Subscriber(new ChangeFilter());
        reader.Wake();
        reader.Wake();
        await reader.WaitAsync();
        var waiting = reader.WaitAsync();
        Assert.False(waiting.IsCompleted);
        reader.Wake();
        await waiting;
    }
}
