using RaftCluster.StateMachine;
using static RaftCluster.Tests.StateMachine.Entries;

namespace RaftCluster.Tests.StateMachine;

/// <summary>What every implementation must do with transactions of several operations.</summary>
public abstract class TransactionConformance : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private IStateMachine? _store;

    protected IStateMachine Store => _store ??= Open(_folder.Sub("store"));

    public void Dispose()
    {
        _store?.Dispose();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Opens an empty one, which may keep what it likes in a folder that does not exist yet.</summary>
    protected abstract IStateMachine Open(string folder);

    [Fact]
    public void Operations_happen_in_one_revision_each_seeing_those_before_it()
    {
        Store.Do(Put("a", "old"), Put("c", "old"), Put("d", "old"));
        var outcome = Store.Do(
            PutOf("b", "1"),
            PutOf("b", "2"),
            new Operation.Get(Table, Bytes("b")),
            new Operation.Delete(Table, Bytes("a")),
            new Operation.Delete(Table, Bytes("a")),
            new Operation.Get(Table, Bytes("a")),
            new Operation.Range(Table, default, default, 10),
            new Operation.DeleteRange(Table, Bytes("b"), Bytes("d")),
            PutOf("c", "new"),
            new Operation.Range(Table, default, default, 10, Descending: true));
        Assert.Equal(
            "@4 then: written b v1 l0; written b v1 l0; got 62=32 - @4 c4 v1; "
            + "Deleted { Existed = True }; Deleted { Existed = False }; got none; "
            + "ranged 62=32 - @4 c4 v1, 63=6F6C64 - @2 c2 v1, 64=6F6C64 - @3 c3 v1 3 False; "
            + "RangeDeleted { Count = 2 }; written c v1 l0; ranged 64=6F6C64 - @3 c3 v1, 63=6E6577 - @4 c4 v1 2 False",
            Describe(outcome));
        Assert.Equal(["c", "d"], Store.Keys(KeyRange.All));
        Assert.Equal(["a", "c", "d"], Store.Keys(KeyRange.All, 3));
        Assert.Equal("old", Store.Value("c", 3));
        Assert.Null(Store.Row("a"));
        Assert.Null(Store.Row("b"));
        Assert.Equal("63=6E6577 - @4 c4 v1", Describe(Store.Row("c")));
    }

    [Fact]
    public void The_conditions_choose_the_branch()
    {
        Store.Do(Put("a", "5"));
        Outcome Try(params Condition[] conditions) => Store.Do(new Transaction(
            [], [.. conditions], [new Operation.Get(Table, Bytes("a"))], [new Operation.Get(Table, Bytes("b"))]));
        var holds = Condition.OnValue(Table, Bytes("a"), Comparison.Equal, Bytes("5"));
        var fails = Condition.OnNumber(Table, Bytes("a"), ConditionSubject.Version, Comparison.Greater, 1);
        Assert.True(Assert.IsType<Outcome.Transacted>(Try()).Succeeded);
        Assert.True(Assert.IsType<Outcome.Transacted>(Try(holds, holds)).Succeeded);
        Assert.Equal("@1 else: got none", Describe(Try(holds, fails)));
    }

    // subject → comparison → number → holds for a row at revision 3, made at 2, version 2 → holds for none
    public static TheoryData<ConditionSubject, Comparison, long, bool, bool> Numbers => new()
    {
        { ConditionSubject.Revision, Comparison.Equal, 3, true, false },
        { ConditionSubject.Revision, Comparison.Equal, 0, false, true },
        { ConditionSubject.Revision, Comparison.NotEqual, 3, false, true },
        { ConditionSubject.Version, Comparison.Less, 2, false, true },
        { ConditionSubject.Version, Comparison.LessOrEqual, 2, true, true },
        { ConditionSubject.Created, Comparison.Greater, 1, true, false },
        { ConditionSubject.Created, Comparison.GreaterOrEqual, 2, true, false },
        { ConditionSubject.Created, Comparison.GreaterOrEqual, 3, false, false },
        { ConditionSubject.Exists, Comparison.Equal, 1, true, false },
        { ConditionSubject.Exists, Comparison.Equal, 0, false, true },
    };

    [Theory]
    [MemberData(nameof(Numbers))]
    public void A_condition_on_a_number_is_decided_on_the_row(
        ConditionSubject subject, Comparison comparison, long number, bool ofRow, bool ofNone)
    {
        Store.Do(Put("other"), Put("a"), Put("a"));
        Assert.Equal(ofRow, Holds(Condition.OnNumber(Table, Bytes("a"), subject, comparison, number)));
        Assert.Equal(ofNone, Holds(Condition.OnNumber(Table, Bytes("none"), subject, comparison, number)));
    }

    // the value's column n → comparison → what is named → holds
    public static TheoryData<string, Comparison, string, bool> Columns => new()
    {
        { "{\"n\":5}", Comparison.Equal, "5.0", true },
        { "{\"n\":1e2}", Comparison.Equal, "100", true },
        { "{\"n\":9007199254740993}", Comparison.Greater, "9007199254740992", true },
        { "{\"n\":0.1}", Comparison.Less, "0.10000000000000000000001", true },
        { "{\"n\":-5}", Comparison.Less, "-4", true },
        { "{\"n\":\"b\"}", Comparison.Greater, "\"a\"", true },
        { "{\"n\":\"\\u0061\"}", Comparison.Equal, "\"a\"", true },
        { "{\"n\":\"5\"}", Comparison.Equal, "5", false },
        { "{\"n\":\"5\"}", Comparison.NotEqual, "5", true },
        { "{\"n\":\"5\"}", Comparison.LessOrEqual, "5", false },
        { "{\"n\":false}", Comparison.Less, "true", true },
        { "{\"n\":null}", Comparison.Equal, "null", true },
        { "{\"m\":1}", Comparison.Equal, "null", true },
        { "{\"m\":1}", Comparison.Less, "5", false },
        { "{\"n\":[1,{\"a\":1,\"b\":2}]}", Comparison.Equal, "[1.0,{\"b\":2,\"a\":1}]", true },
        { "{\"n\":[1,2]}", Comparison.Equal, "[1]", false },
        { "no object", Comparison.Equal, "null", true },
        { "[1]", Comparison.Equal, "null", true },
    };

    [Theory]
    [MemberData(nameof(Columns))]
    public void A_condition_on_a_column_compares_json(string value, Comparison comparison, string named, bool holds)
    {
        Store.Do(Put("a", value));
        Assert.Equal(holds, Holds(Condition.OnColumn(Table, Bytes("a"), "n", comparison, Bytes(named))));
    }

    [Fact]
    public void A_value_is_compared_by_its_bytes_and_none_is_only_unequal()
    {
        Store.Do(Put("a", "b"));
        bool Is(string key, Comparison comparison, string value) =>
            Holds(Condition.OnValue(Table, Bytes(key), comparison, Bytes(value)));
        Assert.True(Is("a", Comparison.Equal, "b"));
        Assert.True(Is("a", Comparison.Greater, "a\u00ff"));
        Assert.True(Is("a", Comparison.Less, "b\0"));
        Assert.False(Is("none", Comparison.Equal, ""));
        Assert.True(Is("none", Comparison.NotEqual, ""));
        Assert.False(Is("none", Comparison.LessOrEqual, "z"));
    }

    [Fact]
    public void A_precondition_becomes_the_condition_that_accepts_the_same()
    {
        Store.Do(Put("a"), Put("b"));
        Assert.Null(Condition.From(Table, Bytes("a"), Precondition.None));
        foreach (var when in new[]
        {
            Precondition.Exists, Precondition.Absent, Precondition.RevisionIn(2), Precondition.RevisionIn(1, 3),
            Precondition.RevisionIn(), Precondition.RevisionNotIn(2), Precondition.RevisionNotIn(1), Precondition.RevisionNotIn(),
        })
        {
            Assert.Equal(when.Accepts(2), Holds(Condition.From(Table, Bytes("b"), when)!));
            Assert.Equal(when.Accepts(0), Holds(Condition.From(Table, Bytes("c"), when)!));
        }
    }

    [Fact]
    public void A_failure_leaves_nothing_and_says_where()
    {
        Store.Do(Put("n", "no number"));
        var before = Store.Applied;
        var outcome = Store.Do(new Transaction(
            [],
            [Condition.OnNumber(Table, Bytes("n"), ConditionSubject.Exists, Comparison.Equal, 0)],
            [],
            [PutOf("a", "1"), new Operation.DeleteRange(Table, default, Bytes("z")), PutOf("n", "x"), AddOf("n", "1"), PutOf("b", "2")]));
        Assert.Equal(
            new Outcome.Failed(1, FailureKind.NotANumber, 3, "", InElse: true),
            Assert.IsType<Outcome.Failed>(outcome) with { Detail = "" });
        Assert.Equal(before with { Index = before.Index + 1, Time = before.Time + 1 }, Store.Applied);
        Assert.Equal(["n"], Store.Keys(KeyRange.All));
        Assert.Equal("no number", Store.Value("n"));
    }

    [Fact]
    public void What_comes_to_nothing_takes_no_revision()
    {
        Store.Do(Put("a"));
        var before = Store.Applied;
        Assert.Equal(
            "@1 then: written b v1 l0; Deleted { Existed = True }; got none",
            Describe(Store.Do(PutOf("b", "1"), new Operation.Delete(Table, Bytes("b")), new Operation.Get(Table, Bytes("b")))));
        Assert.Equal("@1 then: ", Describe(Store.Do(Transaction.Of())));
        Assert.Equal(
            "@1 then: written b v1 l2; Deleted { Existed = True }",
            Describe(Store.Do(PutOf("b", "1", new LeaseTerm(0, 1_000)), new Operation.Delete(Table, Bytes("b")))));
        Assert.Equal(before with { Index = before.Index + 3, Time = before.Time + 3 }, Store.Applied);
        Assert.Empty(Store.Keys(KeyRange.All, table: SystemTables.Leases));
    }

    [Fact]
    public void The_same_value_is_a_change_too()
    {
        Store.Do(Put("a", "1"));
        Assert.Equal("@2 then: written a v2 l0", Describe(Store.Do(PutOf("a", "1"))));
    }

    [Fact]
    public void A_row_removed_and_made_again_inside_begins_anew()
    {
        Store.Do(Put("a", "1"), Put("a", "2"));
        Store.Do(new Operation.Delete(Table, Bytes("a")), PutOf("a", "3"), PutOf("a", "4"));
        Assert.Equal("61=34 - @3 c3 v1", Describe(Store.Row("a")));
        Assert.Equal("61=32 - @2 c1 v2", Describe(Store.Row("a", 2)));
    }

    [Fact]
    public void A_required_definition_must_stand_at_its_revision()
    {
        Store.Do(Put("users", "{}", table: SystemTables.Tables));
        Outcome Try(string table, long revision) =>
            Store.Do(new Transaction([new TableRequirement(table, revision)], [], [PutOf("a", "1")], []));
        Assert.IsType<Outcome.Transacted>(Try("users", 1));
        Assert.IsType<Outcome.Transacted>(Try("others", 0));
        Assert.Equal(new Outcome.Failed(3, FailureKind.TableChanged, -1, "users"), Failure(Try("users", 0), "users"));
        Store.Do(Put("users", "{\"x\":1}", table: SystemTables.Tables));
        Assert.Equal(new Outcome.Failed(4, FailureKind.TableChanged, -1, "users"), Failure(Try("users", 1), "users"));
        Assert.Equal(new Outcome.Failed(4, FailureKind.TableChanged, -1, "others"), Failure(Try("others", 4), "others"));
    }

    [Fact]
    public void A_key_that_is_the_revision_sorts_as_it_was_made()
    {
        Operation Made(string value) => new Operation.Put(Table, default, Bytes(value), null, KeyIsRevision: true);
        Assert.Equal("@1 then: written 0000000000000000001 v1 l0", Describe(Store.Do(Made("one"))));
        for (var i = 2; i < 12; i++)
        {
            Store.Do(Made($"{i}"));
        }

        Assert.Equal("one", Store.Value("0000000000000000001"));
        Assert.Equal("11", Store.Value(Store.Keys(KeyRange.All)[^1]));
    }

    [Fact]
    public void A_range_is_limited_counted_or_without_values()
    {
        Store.Do(Put("a", "1"), Put("b", "2"), Put("c", "3"));
        Operation.Range range = new(Table, Bytes("a"), Bytes("c"), 1);
        Assert.Equal("@3 then: ranged 61=31 - @1 c1 v1 1 True", Describe(Store.Do(range)));
        Assert.Equal("@3 then: ranged 62=32 - @2 c2 v1 1 True", Describe(Store.Do(range with { Descending = true })));
        Assert.Equal("@3 then: ranged  2 False", Describe(Store.Do(range with { CountOnly = true })));
        Assert.Equal(
            "@3 then: ranged 61= - @1 c1 v1, 62= - @2 c2 v1 2 False", Describe(Store.Do(range with { KeysOnly = true, Limit = 2 })));
        Assert.Equal("@3 then: ranged  0 False", Describe(Store.Do(range with { Start = Bytes("c"), End = Bytes("b") })));
    }

    [Fact]
    public void Reads_that_would_answer_with_too_much_fail()
    {
        var megabyte = new string('x', 1 << 20);
        Store.Do(Put("a", megabyte), Put("b", megabyte), Put("c", megabyte), Put("d", megabyte));
        Operation get = new Operation.Get(Table, Bytes("a"));
        Assert.IsType<Outcome.Transacted>(Store.Do(get, get, get));
        Assert.Equal(
            new Outcome.Failed(4, FailureKind.ResultTooLarge, 4, ""), Failure(Store.Do(PutOf("e", "1"), get, get, get, get)));
        Operation range = new Operation.Range(Table, default, default, 10);
        Assert.Equal(new Outcome.Failed(4, FailureKind.ResultTooLarge, 0, ""), Failure(Store.Do(range)));
        Assert.IsType<Outcome.Transacted>(Store.Do(new Operation.Range(Table, default, default, 10, KeysOnly: true)));
        Assert.Null(Store.Row("e"));
    }

    // value → patch → merged
    public static TheoryData<string, string, string> Patches => new()
    {
        { "{}", "{}", "{}" },
        { "{\"a\":1,\"b\":2}", "{\"b\":3,\"c\":4}", "{\"a\":1,\"b\":3,\"c\":4}" },
        { "{\"a\":1,\"b\":2}", "{\"a\":null,\"c\":null}", "{\"b\":2}" },
        { "{\"a\":{\"x\":1,\"y\":2}}", "{\"a\":{\"x\":null,\"z\":3}}", "{\"a\":{\"y\":2,\"z\":3}}" },
        { "{\"a\":[1]}", "{\"a\":{\"x\":{\"y\":null}}}", "{\"a\":{\"x\":{}}}" },
        { "{\"a\":1.10}", "{\"b\":1e400}", "{\"a\":1.10,\"b\":1e400}" },
    };

    [Theory]
    [MemberData(nameof(Patches))]
    public void A_patch_is_merged(string value, string patch, string merged)
    {
        Store.Do(Put("a", value, contentType: "application/json"));
        Assert.Equal(
            "@2 then: Patched { Found = True, Version = 2 }",
            Describe(Store.Do(new Operation.Patch(Table, Bytes("a"), Bytes(patch), MustExist: false))));
        Assert.Equal(merged, Store.Value("a"));
        Assert.Equal("application/json", Store.Row("a")!.ContentType);
    }

    [Fact]
    public void A_patch_may_keep_its_own_nulls_and_needs_an_object_and_a_row()
    {
        Store.Do(Put("a", "{\"x\":1}"), Put("b", "[1]"));
        Operation.Patch patch = new(Table, Bytes("a"), Bytes("{\"x\":null,\"y\":{\"z\":null}}"), MustExist: true, KeepNulls: true);
        Store.Do(patch);
        Assert.Equal("{\"x\":null,\"y\":{}}", Store.Value("a"));
        Assert.Equal("@3 then: Patched { Found = False, Version = 0 }", Describe(Store.Do(patch with { Key = Bytes("none") })));
        Assert.Equal(new Outcome.Failed(3, FailureKind.NotAnObject, 0, ""), Failure(Store.Do(patch with { Key = Bytes("b") })));
        Assert.Equal(new Outcome.Failed(3, FailureKind.NotAnObject, 0, ""), Failure(Store.Do(patch with { Value = Bytes("5") })));
    }

    // value (null: no row) → amount → sum
    public static TheoryData<string?, string, string> Sums => new()
    {
        { null, "5", "5" },
        { "5", "-7", "-2" },
        { "0.1", "0.2", "0.3" },
        { "1.50", "0.5", "2.00" },
        { "1e3", "1", "1001" },
        { "99999999999999999999", "1", "100000000000000000000" },
        { "-0.5", "0.5", "0.0" },
    };

    [Theory]
    [MemberData(nameof(Sums))]
    public void Numbers_are_added_exactly(string? value, string amount, string sum)
    {
        if (value is not null)
        {
            Store.Do(Put("n", value, contentType: "text/x"));
            Store.Do(Put("o", $"{{\"a\":1,\"n\":{value}}}"));
        }

        var revision = Store.Applied.Revision + 1;
        var version = value is null ? 1 : 2;
        Assert.Equal(
            $"@{revision} then: added {sum} v{version}; added {sum} v{version}",
            Describe(Store.Do(AddOf("n", amount), new Operation.Add(Table, Bytes("o"), "n", Bytes(amount)))));
        Assert.Equal(sum, Store.Value("n"));
        Assert.Equal(value is null ? "text/plain" : "text/x", Store.Row("n")!.ContentType);
        Assert.Equal(value is null ? $"{{\"n\":{sum}}}" : $"{{\"a\":1,\"n\":{sum}}}", Store.Value("o"));
    }

    [Theory]
    [InlineData("", "1", FailureKind.NotANumber)]
    [InlineData("5 ", "1", FailureKind.NotANumber)]
    [InlineData("05", "1", FailureKind.NotANumber)]
    [InlineData("5", "+1", FailureKind.NotANumber)]
    [InlineData("5", "", FailureKind.NotANumber)]
    public void What_is_no_number_is_not_added(string value, string amount, FailureKind kind)
    {
        Store.Do(Put("n", value));
        Assert.Equal(new Outcome.Failed(1, kind, 0, ""), Failure(Store.Do(AddOf("n", amount))));
    }

    [Fact]
    public void A_column_that_is_no_number_or_in_no_object_is_not_added_to()
    {
        Store.Do(Put("a", "{\"n\":\"5\",\"m\":null}"), Put("b", "5"));
        Operation.Add add = new(Table, Bytes("a"), "n", Bytes("1"));
        Assert.Equal(new Outcome.Failed(2, FailureKind.NotANumber, 0, ""), Failure(Store.Do(add)));
        Assert.Equal(new Outcome.Failed(2, FailureKind.NotAnObject, 0, ""), Failure(Store.Do(add with { Key = Bytes("b") })));
        Store.Do(add with { Column = "m" });
        Store.Do(add with { Column = "new" });
        Assert.Equal("{\"n\":\"5\",\"m\":1,\"new\":1}", Store.Value("a"));
    }

    [Theory]
    [InlineData("{}", "7", true)]
    [InlineData("{\"n\":7.0}", "8", true)]
    [InlineData("{\"n\":null}", "7", false)]
    [InlineData("no object", "7", false)]
    public void A_column_that_a_row_lacks_may_count_as_something(string value, string missing, bool holds)
    {
        Store.Do(Put("a", value));

        Assert.Equal(holds, Holds(Condition.OnColumn(Table, Bytes("a"), "n", Comparison.Equal, Bytes("7"), Bytes(missing))));
        Assert.False(Holds(Condition.OnColumn(Table, Bytes("none"), "n", Comparison.Equal, Bytes("7"), Bytes(missing))));
    }

    [Theory]
    [InlineData("{}", "7.5")]
    [InlineData("{\"n\":1}", "2")]
    [InlineData("{\"n\":null}", "1")]
    public void A_number_that_a_row_lacks_may_count_as_something(string value, string sum)
    {
        Operation.Add add = new(Table, Bytes("a"), "n", Bytes("1"), MustExist: true, Bytes("6.5"));
        Assert.Equal(new Outcome.Failed(0, FailureKind.RowAbsent, 0, ""), Failure(Store.Do(add)));
        Store.Do(Put("a", value));

        Store.Do(add);

        Assert.Equal($"{{\"n\":{sum}}}", Store.Value("a"));
    }

    private static Operation.Put PutOf(string key, string value, LeaseTerm lease = default) =>
        new(Table, Bytes(key), Bytes(value), null, lease);

    private static Operation.Add AddOf(string key, string amount) => new(Table, Bytes(key), null, Bytes(amount));

    private static Outcome Failure(Outcome outcome, string detail = "") =>
        Assert.IsType<Outcome.Failed>(outcome) with { Detail = detail };

    private bool Holds(Condition condition) =>
        Assert.IsType<Outcome.Transacted>(Store.Do(new Transaction([], [condition], [], []))).Succeeded;
}
