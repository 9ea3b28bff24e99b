using CsCheck;
using RaftCluster.Node.Changes;

namespace RaftCluster.Tests.Node.Changes;

/// <summary>What a reader is told by the hub, whichever of the two is quicker.</summary>
public sealed class SubscriberTests
{
    private readonly List<long> _few = [];

    /// <summary>revisions marked, then up to where is taken: where to look from, and at what</summary>
    public static TheoryData<long[], long, long, long[]> Marks => new()
    {
        { [], 9, 0, [] },
        { [5], 4, 0, [] },
        { [5], 5, 5, [5] },
        { [5, 7, 9], 9, 5, [5, 7, 9] },
        { [5, 7, 9], 8, 5, [5, 7] },
        { [.. Range(1, Subscriber.Few)], 99, 1, [.. Range(1, Subscriber.Few)] },
        { [.. Range(1, Subscriber.Few + 1)], 99, 1, [] },
    };

    [Theory]
    [MemberData(nameof(Marks))]
    public void What_is_of_interest_is_found_from_its_first_revision_on(long[] marks, long reached, long from, long[] few)
    {
        var reader = new Subscriber(new ChangeFilter());
        reader.Begin(1);
        Array.ForEach(marks, reader.Mark);

        Assert.Equal(from, reader.Take(reached, _few));
        Assert.Equal(few, _few);
    }

    [Fact]
    public void What_is_marked_behind_what_is_taken_stays_marked()
    {
        var reader = new Subscriber(new ChangeFilter());
        reader.Begin(1);
        reader.Mark(5);
        reader.Mark(9);

        // The hub has passed on 7, and is at 9: that is not to be forgotten with the rest.
        Assert.Equal(5, reader.Take(7, _few));
        Assert.Equal(0, reader.Take(7, _few));
        Assert.Equal(9, reader.Take(9, _few));
        Assert.Equal([9], _few);
        Assert.Equal(0, reader.Take(9, _few));
    }

    [Fact]
    public void After_many_all_are_looked_at_and_then_few_are_told_again()
    {
        var reader = new Subscriber(new ChangeFilter());
        reader.Begin(1);
        foreach (var revision in Range(1, Subscriber.Few + 1))
        {
            reader.Mark(revision);
        }

        Assert.Equal(1, reader.Take(7, _few));
        Assert.Equal(8, reader.Take(99, _few));
        Assert.Empty(_few);
        reader.Mark(100);
        Assert.Equal(100, reader.Take(100, _few));
        Assert.Equal([100], _few);
    }

    /// <summary>Marks and takes in any order, few and many: nothing that is marked is left out.</summary>
    [Fact]
    public void Nothing_is_left_out() => Gen.Select(Gen.Bool, Gen.Int[1, 5]).Array[1, 200].Sample(steps =>
    {
        var reader = new Subscriber(new ChangeFilter());
        reader.Begin(1);
        var (revision, passed) = (0L, 0L);
        var (open, few) = (new List<long>(), new List<long>());
        foreach (var (marks, by) in steps)
        {
            revision += by;
            if (marks)
            {
                reader.Mark(revision);
                open.Add(revision);
                continue;
            }

            // The hub passes on what it has read up to some revision, and may have read further.
            passed = Math.Max(passed, revision - by);
            var due = open.Where(marked => marked <= passed).ToList();
            var from = reader.Take(passed, few);
            Assert.True(due.Count == 0 || from > 0);
            Assert.True(few.Count > 0 ? due.SequenceEqual(few) : due.TrueForAll(marked => marked >= from));
            open.RemoveAll(marked => marked <= passed);
        }
    });

    private static IEnumerable<long> Range(int first, int count) => Enumerable.Range(first, count).Select(revision => (long)revision);

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
