using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;
using static RaftCluster.Tests.StateMachine.Entries;

namespace RaftCluster.Tests.StateMachine;

/// <summary>What every implementation of <see cref="IStateMachine"/> must do, whatever it keeps its rows in.</summary>
public abstract class StateMachineConformance : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private IStateMachine? _store;

    private IStateMachine Store => _store ??= Open(_folder.Sub("store"));

    public void Dispose()
    {
        _store?.Dispose();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Opens an empty one, which may keep what it likes in a folder that does not exist yet.</summary>
    protected abstract IStateMachine Open(string folder);

    [Fact]
    public void A_new_one_is_at_the_beginning()
    {
        Assert.Equal(default, Store.Applied);
        Assert.Equal(default, Store.Persisted);
        Assert.Empty(Store.Keys(KeyRange.All));
    }

    [Fact]
    public void A_put_makes_a_row_and_the_next_one_a_version_of_it()
    {
        Assert.Equal([new Outcome.Written(1, 1)], Store.Do(Put("a", "one", contentType: "text/plain")));
        Assert.Equal([new Outcome.Written(2, 2)], Store.Do(Put("a", "two")));
        Assert.Equal("61=6F6E65 text/plain @1 c1 v1", Describe(Store.Row("a", 1)));
        Assert.Equal("61=74776F - @2 c1 v2", Describe(Store.Row("a")));
    }

    [Fact]
    public void A_row_made_again_after_a_delete_starts_at_version_one()
    {
        Store.Do(Put("a"), Put("a"), Delete("a"));
        Assert.Equal([new Outcome.Written(4, 1)], Store.Do(Put("a", "new")));
        Assert.Equal("61=6E6577 - @4 c4 v1", Describe(Store.Row("a")));
        Assert.Null(Store.Row("a", 3));
        Assert.Equal(2, Store.Row("a", 2)!.Version);
    }

    [Fact]
    public void Transactions_of_one_entry_see_each_other()
    {
        var outcomes = Store.Do(
            Put("a", "1", Precondition.Absent),
            Put("a", "2", Precondition.Absent),
            Put("a", "3", Precondition.RevisionIn(1)),
            Delete("a", Precondition.RevisionIn(2)),
            Delete("a"),
            Put("a", "4"),
            DeleteRange("a", "b"),
            DeleteRange("a", "b"));
        Assert.Equal(
            [
                new Outcome.Written(1, 1),
                new Outcome.Refused(1, 1),
                new Outcome.Written(2, 2),
                new Outcome.Deleted(3, 1),
                new Outcome.Absent(3),
                new Outcome.Written(4, 1),
                new Outcome.Deleted(5, 1),
                new Outcome.Deleted(5, 0),
            ],
            outcomes);
        Assert.Equal(["1", "3", null, "4", null], Enumerable.Range(1, 5).Select(at => Store.Value("a", at)));
    }

    // row's revision → precondition → accepted
    public static TheoryData<int, PreconditionKind, long[], bool> Preconditions => new()
    {
        { 0, PreconditionKind.None, [], true },
        { 0, PreconditionKind.Exists, [], false },
        { 0, PreconditionKind.Absent, [], true },
        { 0, PreconditionKind.RevisionIn, [2], false },
        { 0, PreconditionKind.RevisionNotIn, [2], true },
        { 2, PreconditionKind.None, [], true },
        { 2, PreconditionKind.Exists, [], true },
        { 2, PreconditionKind.Absent, [], false },
        { 2, PreconditionKind.RevisionIn, [2], true },
        { 2, PreconditionKind.RevisionIn, [1, 3], false },
        { 2, PreconditionKind.RevisionIn, [1, 2], true },
        { 2, PreconditionKind.RevisionIn, [], false },
        { 2, PreconditionKind.RevisionNotIn, [2], false },
        { 2, PreconditionKind.RevisionNotIn, [1, 3], true },
        { 2, PreconditionKind.RevisionNotIn, [], true },
    };

    [Theory]
    [MemberData(nameof(Preconditions))]
    public void A_precondition_is_decided_on_the_rows_revision(
        int held, PreconditionKind kind, long[] revisions, bool accepted)
    {
        var when = new Precondition(kind, [.. revisions]);
        Store.Do(Put("other"), held == 0 ? Put("another") : Put("a"));
        Outcome refused = new Outcome.Refused(2, held);
        Assert.Equal(
            accepted ? new Outcome.Written(3, held == 0 ? 1 : 2) : refused,
            Assert.Single(Store.Do(Put("a", "x", when))));
        if (!accepted)
        {
            Assert.Equal(refused, Assert.Single(Store.Do(Delete("a", when))));
            Assert.Equal(held == 0 ? null : "v", Store.Value("a"));
        }
    }

    [Fact]
    public void What_changes_nothing_takes_no_revision_and_leaves_the_hash()
    {
        Store.Do(Put("a"));
        var before = Store.Applied;
        Store.Do(Put("a", "x", Precondition.Absent), Delete("b"), DeleteRange("b", ""), DeleteRange("b", "a"));
        Assert.Equal(before with { Index = before.Index + 1, Time = before.Time + 1 }, Store.Applied);
    }

    [Fact]
    public void A_range_is_deleted_in_one_revision()
    {
        Store.Do(Put("a"), Put("b"), Put("c"), Put("d"), Put("b", table: "other"));
        Assert.Equal([new Outcome.Deleted(6, 2)], Store.Do(DeleteRange("b", "d")));
        Assert.Equal(["a", "d"], Store.Keys(KeyRange.All));
        Assert.Equal(["a", "b", "c", "d"], Store.Keys(KeyRange.All, 5));
        Assert.Equal(["b"], Store.Keys(KeyRange.All, table: "other"));
        Assert.Equal([new Outcome.Deleted(7, 2)], Store.Do(DeleteRange("", "")));
        Assert.Equal(["b"], Store.Keys(KeyRange.All, table: "other"));
    }

    [Fact]
    public void A_range_delete_takes_stored_and_just_written_rows_in_order()
    {
        Store.Do(Put("b"), Put("d"), Put("f"), Put("z"));
        var outcomes = Store.Do(Put("a"), Put("d"), Delete("f"), Put("e"), Put("y"), DeleteRange("a", "y"), Put("d"));
        Assert.Equal(new Outcome.Deleted(10, 4), outcomes[5]);
        Assert.Equal(new Outcome.Written(11, 1), outcomes[6]);
        Assert.Equal(["d", "y", "z"], Store.Keys(KeyRange.All));
        Assert.Equal(["a", "b", "d", "e", "y", "z"], Store.Keys(KeyRange.All, 9));
    }

    [Fact]
    public void An_empty_entry_moves_the_position_alone()
    {
        Store.Do(Put("a"));
        var before = Store.Applied;
        Assert.Empty(Store.Apply(9, 4, default));
        Assert.Equal(before with { Index = 9, Term = 4 }, Store.Applied);
    }

    [Fact]
    public void Time_never_runs_backwards()
    {
        Store.Apply(1, 1, Entry(100, Put("a")));
        Store.Apply(2, 1, Entry(90, Put("a")));
        Assert.Equal(100, Store.Applied.Time);
        Store.Apply(3, 1, Entry(101, Put("a")));
        Assert.Equal(101, Store.Applied.Time);
    }

    [Fact]
    public void An_entry_out_of_order_is_no_entry()
    {
        Store.Apply(5, 1, Entry(1, Put("a")));
        Assert.Throws<InvariantException>(() => Store.Apply(5, 1, Entry(1, Put("b"))));
        Assert.Throws<InvariantException>(() => Store.Apply(4, 1, Entry(1, Put("b"))));
        Assert.Equal(["a"], Store.Keys(KeyRange.All));
    }

    [Fact]
    public void Keys_of_any_bytes_stay_apart_and_in_order()
    {
        string[] keys =
        [
            "\0", "\0\0", "\0\u0001", "\0\u00ff", "\u0001", "a", "a\0", "a\0\0", "a\0a", "a\0\u00ff", "a\u0001", "aa",
            "a\u00ff", "a\u00ff\0", "a\u00ff\u00ff", "b", new string('b', 1023), new string('b', 1024),
            new string('\0', 1024), "\u00ff", "\u00ff\0", "\u00ff\u00ff", new string('\u00ff', 1024),
        ];
        Array.Sort(keys, string.CompareOrdinal);
        foreach (var key in keys.Reverse())
        {
            Store.Do(Put(key, "old " + key));
        }

        foreach (var key in keys)
        {
            Store.Do(Put(key, "new " + key));
        }

        Store.Do(DeleteRange("", ""));
        for (var i = 0; i < keys.Length; i++)
        {
            Assert.Equal("old " + keys[i], Store.Value(keys[i], keys.Length));
            Assert.Equal("new " + keys[i], Store.Value(keys[i], 2 * keys.Length));
            Assert.Equal("old " + keys[i], Store.Value(keys[i], keys.Length + i));
            Assert.Null(Store.Row(keys[i], keys.Length - 1 - i));
            Assert.Null(Store.Row(keys[i]));
            Assert.Equal(keys[i..], Store.Keys(Range(keys[i], ""), 2 * keys.Length));
            Assert.Equal(keys[..i].Reverse(), Store.Keys(Range("", keys[i]), keys.Length + 1, descending: true));
        }
    }

    [Fact]
    public void Tables_do_not_mix()
    {
        Store.Do(Put("x", "1", table: "a"), Put("x", "2", table: "ab"), Put("bx", "3", table: "a"));
        Store.Do(DeleteRange("", "", table: "a"));
        Assert.Equal("1", Store.Value("x", 3, "a"));
        Assert.Equal("2", Store.Value("x", null, "ab"));
        Assert.Null(Store.Value("x", null, "a"));
        Assert.Equal(["bx", "x"], Store.Keys(KeyRange.All, 3, table: "a"));
    }

    [Fact]
    public void An_empty_value_is_a_row()
    {
        Store.Do(Put("a", ""));
        Assert.Equal("", Store.Value("a"));
        Store.Do(Put("a", "x"));
        Assert.Equal("", Store.Value("a", 1));
    }

    [Fact]
    public void Counting_agrees_with_reading()
    {
        Store.Do(Put("a"), Put("b"), Put("c"), Delete("b"), Put("d"), Put("a"));
        using var reader = Store.Read();
        for (var revision = 0L; revision <= reader.Position.Revision; revision++)
        {
            Assert.Equal(
                reader.Range(Table, Range("b", "d"), revision).Count(),
                reader.Count(Table, Range("b", "d"), revision));
        }

        Assert.Equal(0, reader.Count(Table, Range("d", "b"), 3));
    }

    [Fact]
    public void Another_one_goes_on_with_a_copy_as_if_it_had_applied_everything_itself()
    {
        Store.Do(Put("a", "1"), Put("b", "1", contentType: "text/plain"));
        Store.Do(Delete("a"));
        Store.Apply(5, 2, default);
        var position = Store.Checkpoint(_folder.Sub("copy"));
        Assert.Equal(Store.Applied, position);
        Store.Do(Put("b", "2"));

        using var other = Open(_folder.Sub("other"));
        other.Do(Put("gone"));
        other.SwitchTo(_folder.Sub("copy"));
        Assert.Equal(position, other.Applied);
        Assert.Equal(position, other.Persisted);
        Assert.Equal(["b"], other.Keys(KeyRange.All));
        Assert.Equal("1", other.Value("a", 2));
        Assert.Throws<InvariantException>(() => other.Apply(5, 2, default));
        other.Do(Put("b", "2"));
        Assert.Equal(Store.Applied, other.Applied);
        Assert.Equal(Describe(Store.Row("b")), Describe(other.Row("b")));
    }

    [Fact]
    public void A_copy_that_is_behind_is_not_taken()
    {
        Store.Do(Put("a"));
        Store.Checkpoint(_folder.Sub("copy"));
        Store.Do(Put("b"));
        var applied = Store.Applied;
        Assert.Throws<InvariantException>(() => Store.SwitchTo(_folder.Sub("copy")));
        Assert.Equal(applied, Store.Applied);
        Assert.Equal(["a", "b"], Store.Keys(KeyRange.All));
    }

    [Fact]
    public void A_copy_goes_where_nothing_is_and_the_parent_stands()
    {
        Store.Do(Put("a"));
        Store.Checkpoint(_folder.Sub("copy"));
        Assert.Throws<StorageException>(() => Store.Checkpoint(_folder.Sub("copy")));
        Assert.Throws<StorageException>(() => Store.Checkpoint(Path.Combine(_folder.Sub("none"), "copy")));
        Assert.Throws<StorageException>(() => Store.SwitchTo(_folder.Sub("none")));
        Assert.Equal("v", Store.Value("a"));
    }
}
