using CsCheck;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;
using static RaftCluster.Tests.StateMachine.Entries;

namespace RaftCluster.Tests.StateMachine;

/// <summary>The change log as it is read: every transaction, whole, with the versions before and after.</summary>
public sealed class ChangeWalkTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Store => _folder.Sub("store");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_change_shows_what_was_before_and_after_whatever_happened_since()
    {
        using var store = RowStore.Open(Store);
        store.Do(Put("a", "1", contentType: "text/plain"), Put("a", "2"), Delete("a"), Put("a", "3"));
        store.Do(Put("b", "4", table: "other"), Put("c", "5"), DeleteRange("a", "d"));

        Assert.Equal(
            [
                "1 t1 i1 @1: kv/a insert - > 61=31 text/plain @1 c1 v1",
                "2 t1 i1 @1: kv/a update 61=31 text/plain @1 c1 v1 > 61=32 - @2 c1 v2",
                "3 t1 i1 @1: kv/a delete 61=32 - @2 c1 v2 > -",
                "4 t1 i1 @1: kv/a insert - > 61=33 - @4 c4 v1",
                "5 t1 i2 @2: other/b insert - > 62=34 - @5 c5 v1",
                "6 t1 i2 @2: kv/c insert - > 63=35 - @6 c6 v1",
                "7 t1 i2 @2: kv/a delete 61=33 - @4 c4 v1 > -; kv/c delete 63=35 - @6 c6 v1 > -",
            ],
            Walk(store, new ChangePlace(0)));
        Assert.Equal(3, Walk(store, new ChangePlace(5)).Count);
        Assert.Empty(Walk(store, new ChangePlace(8)));
    }

    [Fact]
    public void A_walk_goes_on_in_the_middle_of_a_transaction()
    {
        using var store = RowStore.Open(Store);
        store.Do([.. Enumerable.Range(0, 10).Select(row => Put($"k{row}", $"v{row}"))]);
        store.Do(DeleteRange("", ""), Put("a"));

        var keys = new List<string>();
        var place = new ChangePlace(11);
        for (var round = 0; round < 10; round++)
        {
            // A write in between: the next walk is in another picture.
            store.Do(Put("x", $"{round}"));
            using var reader = store.Read();
            using var walk = reader.Changes(place);
            Assert.True(walk.NextTransaction());
            Assert.Equal((11, 10), (walk.Revision, walk.Count));
            Assert.True(walk.NextChange());
            keys.Add($"{Text(walk.Key.ToArray())}={Text(walk.ReadBefore()!.Value)}");
            place = walk.Place;
        }

        Assert.Equal(Enumerable.Range(0, 10).Select(row => $"k{row}=v{row}"), keys);
        using var last = store.Read();
        using var end = last.Changes(place);
        Assert.True(end.NextTransaction());
        Assert.False(end.NextChange());
        Assert.True(end.NextTransaction());
        Assert.True(end.NextChange());
        Assert.Equal((12, "a"), (end.Revision, Text(end.Key.ToArray())));
    }

    [Fact]
    public void Changes_that_are_not_wanted_may_be_passed_over()
    {
        using var store = RowStore.Open(Store);
        store.Do(Put("a"), Put("b"), DeleteRange("", ""), Put("c"));
        using var reader = store.Read();
        using var walk = reader.Changes(new ChangePlace(3));
        Assert.True(walk.NextTransaction());
        Assert.True(walk.NextTransaction());
        Assert.True(walk.NextChange());
        Assert.Equal("c", Text(walk.Key.ToArray()));
        Assert.False(walk.NextTransaction());
    }

    [Fact]
    public void A_picture_shows_no_later_change()
    {
        using var store = RowStore.Open(Store);
        store.Do(Put("a"));
        using var reader = store.Read();
        store.Do(Put("a", "later"), Put("b"));
        using var walk = reader.Changes(new ChangePlace(1));
        Assert.True(walk.NextTransaction());
        Assert.True(walk.NextChange());
        Assert.Equal("v", Text(walk.ReadAfter()!.Value));
        Assert.False(walk.NextTransaction());
    }

    [Fact]
    public void Below_the_floor_nothing_is_walked()
    {
        using (var store = RowStore.Open(Store))
        {
            store.Do(Put("a", "1"), Put("a", "2"), Put("a", "3"));
        }

        var floor = new byte[MetaRecords.FloorLength];
        MetaRecords.WriteFloor(floor, 2);
        StoreFiles.Rewrite(Store, MetaRecords.FloorKey, floor);
        using var again = RowStore.Open(Store);
        Assert.Equal(2, Walk(again, new ChangePlace(2)).Count);
        using var reader = again.Read();
        Assert.Throws<InvariantException>(() => reader.Changes(new ChangePlace(1)));
    }

    [Fact]
    public void Tables_are_named_as_long_as_anything_of_them_is_kept()
    {
        using var store = RowStore.Open(Store);
        store.Do(Put("a"), Put("a", table: "users"), Put("a", table: "gone"), Put("a", table: "b"), Put("\u00ff", table: "events"));
        store.Do(DeleteRange("", "", table: "gone"));
        using var reader = store.Read();
        Assert.Equal(["b", "kv", "gone", "users", "events"], reader.Tables());
    }

    [Fact]
    public void Random_histories_are_walked_as_the_model_applied_them() => Generated.Command.Array[1, 6].Array[20, 60].Sample(
        entries =>
        {
            using var folder = new TemporaryFolder();
            using var store = RowStore.Open(folder.Sub("store"));
            using var model = new ModelStore();
            foreach (var commands in entries)
            {
                var entry = Entry(model.Applied.Time + 1, commands);
                model.Apply(model.Applied.Index + 1, 1 + (model.Applied.Index / 7), entry);
                store.Apply(model.Applied.Index, model.Applied.Term, entry);
                if (model.Applied.Index % 11 == 0)
                {
                    store.Flush();
                }
            }

            Assert.Equal(Walk(model, new ChangePlace(0)), Walk(store, new ChangePlace(0)));
            var half = new ChangePlace(model.Applied.Revision / 2);
            Assert.Equal(Walk(model, half), Walk(store, half));
            using var expected = model.Read();
            using var actual = store.Read();
            Assert.Equal(expected.Tables(), actual.Tables());
        },
        iter: 40,
        threads: 1);

    private static List<string> Walk(IStateMachine store, ChangePlace from)
    {
        using var reader = store.Read();
        using var walk = reader.Changes(from);
        var seen = new List<string>();
        while (walk.NextTransaction())
        {
            var changes = new List<string>();
            while (walk.NextChange())
            {
                var (before, after) = (walk.ReadBefore(), walk.ReadAfter());
                changes.Add(
                    $"{Text(walk.Table.ToArray())}/{Text(walk.Key.ToArray())} {walk.Operation.ToString().ToLowerInvariant()} "
                    + $"{(before is null ? "-" : Describe(before))} > {(after is null ? "-" : Describe(after))}");
            }

            Assert.Equal(walk.Count, changes.Count);
            seen.Add($"{walk.Revision} t{walk.Term} i{walk.Index} @{walk.Time}: {string.Join("; ", changes)}");
        }

        return seen;
    }
}
