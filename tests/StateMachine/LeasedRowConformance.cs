using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Leases;
using static RaftCluster.Tests.StateMachine.Entries;

namespace RaftCluster.Tests.StateMachine;

/// <summary>What every implementation must do with rows on leases.</summary>
public abstract class LeasedRowConformance : IDisposable, ILeaseListener
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _heard = [];
    private IStateMachine? _store;

    protected IStateMachine Store
    {
        get
        {
            if (_store is null)
            {
                _store = Open(_folder.Sub("store"));
                _store.LeaseListener = this;
            }

            return _store;
        }
    }

    public void Dispose()
    {
        _store?.Dispose();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    void ILeaseListener.Granted(long id, long ttlMs)
    {
        // What is told is written already.
        Assert.NotNull(Store.Row($"{id}", table: SystemTables.Leases));
        _heard.Add($"granted {id} for {ttlMs}");
    }

    void ILeaseListener.Ended(long id)
    {
        Assert.Null(Store.Row($"{id}", table: SystemTables.Leases));
        _heard.Add($"ended {id}");
    }

    void ILeaseListener.Reset() => _heard.Add("reset");

    /// <summary>Opens an empty one, which may keep what it likes in a folder that does not exist yet.</summary>
    protected abstract IStateMachine Open(string folder);

    [Fact]
    public void A_put_with_a_time_makes_a_lease_that_ends_with_its_last_row()
    {
        Store.Do(Put("other"));
        Store.Do(On("a", New), On("b", New), On("a", New));
        Assert.Equal("{\"ttl\":5000,\"implicit\":true,\"created\":2}", Store.Value("2", table: SystemTables.Leases));
        Assert.Equal("61=76 - @2 c2 v1 l2", Describe(Store.Row("a")));
        Assert.Equal(["kv a", "kv b"], RowsOf(2));
        Store.Do(new Operation.Delete(Table, Bytes("a")));
        Assert.Equal(["kv b"], RowsOf(2));
        Assert.Equal(["granted 2 for 5000"], _heard);
        Store.Do(On("b", default));
        Assert.Equal("62=76 - @4 c2 v2", Describe(Store.Row("b")));
        Assert.Empty(RowsOf(2));
        Assert.Null(Store.Row("2", table: SystemTables.Leases));
        Assert.NotNull(Store.Row("2", 3, SystemTables.Leases));
        Assert.Equal(["granted 2 for 5000", "ended 2"], _heard);
    }

    [Theory]
    [InlineData("put")]
    [InlineData("delete")]
    [InlineData("delete range")]
    public void A_single_command_takes_a_row_off_its_lease_too(string command)
    {
        Store.Do(On("a", New), On("b", New));
        Command Of(string key) => command switch
        {
            "put" => Put(key, "x"),
            "delete" => Delete(key),
            _ => DeleteRange(key, key + "\0"),
        };
        // Both in one entry, and a refusal between them that changes nothing.
        var outcomes = Store.Do(Of("a"), Put("b", "x", Precondition.Absent), Of("b"));
        Assert.Equal([2, 2, 3], outcomes.Select(outcome => outcome.Revision));
        Assert.Empty(RowsOf(1));
        Assert.Empty(Store.Keys(KeyRange.All, table: SystemTables.Leases));
        Assert.Equal(["1"], Store.Keys(KeyRange.All, 2, table: SystemTables.Leases));
        Assert.Equal(command == "put" ? "61=78 - @2 c1 v2" : "none", Describe(Store.Row("a")));
        Assert.Equal(["granted 1 for 5000", "ended 1"], _heard);
    }

    [Fact]
    public void A_range_delete_goes_through_rows_on_leases_and_others()
    {
        Store.Do(On("b", New), On("d", New));
        Store.Do(Put("a"), Put("c"), Put("e"));
        Assert.Equal([new Outcome.Deleted(5, 3)], Store.Do(DeleteRange("b", "e")));
        Assert.Equal(["a", "e"], Store.Keys(KeyRange.All));
        Assert.Empty(Store.Keys(KeyRange.All, table: SystemTables.Leases));
        Assert.Equal(["b", "c", "d"], Store.Keys(Range("b", "e"), 4));
    }

    [Fact]
    public void A_lease_that_was_asked_for_stays_without_rows()
    {
        Make(7);
        Store.Do(On("a", new LeaseTerm(7, 0)), new Operation.Put("users", Bytes("b"), Bytes("{}"), null, new LeaseTerm(7, 0)));
        Assert.Equal(["kv a", "users b"], RowsOf(7));
        Store.Do(Delete("a"), Delete("b", table: "users"));
        Assert.Empty(RowsOf(7));
        Assert.NotNull(Store.Row("7", table: SystemTables.Leases));
    }

    [Fact]
    public void A_lease_that_is_not_there_fails_the_transaction()
    {
        Assert.Equal(
            new Outcome.Failed(0, FailureKind.LeaseAbsent, 1, ""),
            Assert.IsType<Outcome.Failed>(Store.Do(On("a", default), On("b", new LeaseTerm(9, 0)))) with { Detail = "" });
        Assert.Empty(Store.Keys(KeyRange.All));
    }

    [Fact]
    public void A_lease_has_so_many_rows_and_no_more_and_all_go_at_once()
    {
        const int Each = 1_000;
        Make(7);
        for (var first = 0; first < LeaseRecord.MaximumRows; first += Each)
        {
            var puts = Enumerable.Range(first, Each).Select(number => (Operation)On($"{number:d6}", new LeaseTerm(7, 0)));
            Assert.IsType<Outcome.Transacted>(Store.Do([.. puts]));
        }

        var (full, revision) = (new LeaseTerm(7, 0), Store.Applied.Revision);
        Assert.Equal(FailureKind.LeaseFull, Assert.IsType<Outcome.Failed>(Store.Do(On("other", full))).Kind);
        Assert.Equal(revision, Store.Applied.Revision);

        // What is on it may be written again, there is another lease for others, and who leaves makes room.
        Assert.IsType<Outcome.Transacted>(Store.Do(On("000000", full), On("other", New)));
        var moved = Assert.IsType<Outcome.Failed>(Store.Do(new Operation.Delete(Table, Bytes("000001")), On("000001", full), On("other", full)));
        Assert.Equal((FailureKind.LeaseFull, 2), (moved.Kind, moved.Operation));
        Assert.IsType<Outcome.Transacted>(Store.Do(On("000001", default), On("000002", default), On("000001", full), On("other", full)));
        Assert.IsType<Outcome.Failed>(Store.Do(On("000002", full)));
        Store.Do(Delete("000003"));
        Assert.IsType<Outcome.Transacted>(Store.Do(On("000002", full)));
        Assert.IsType<Outcome.Failed>(Store.Do(On("000003", full)));

        revision = Store.Applied.Revision;
        Assert.Equal(
            [new OperationResult.LeasesEnded(1, LeaseRecord.MaximumRows)],
            Assert.IsType<Outcome.Transacted>(Store.Do(new Operation.EndLeases([7], 0))).Results);
        Assert.Equal(revision + 1, Store.Applied.Revision);
        Assert.Empty(Store.Keys(KeyRange.All));
    }

    [Fact]
    public void A_row_goes_from_one_lease_to_another_and_the_first_ends()
    {
        Make(7);
        Store.Do(On("a", New));
        Store.Do(On("a", new LeaseTerm(7, 0)));
        Assert.Empty(RowsOf(2));
        Assert.Equal(["kv a"], RowsOf(7));
        Assert.Equal("61=76 - @3 c2 v2 l7", Describe(Store.Row("a")));
        Store.Do(On("a", New));
        Assert.Equal(["kv a"], RowsOf(4));
        Assert.Equal(["4", "7"], Store.Keys(KeyRange.All, table: SystemTables.Leases));
        Assert.Equal(["granted 7 for 1000", "granted 2 for 5000", "ended 2", "granted 4 for 5000"], _heard);
    }

    [Fact]
    public void A_patch_and_an_addition_leave_a_row_on_its_lease()
    {
        Store.Do(new Operation.Put(Table, Bytes("a"), Bytes("{\"n\":1}"), null, New), new Operation.Put(Table, Bytes("n"), Bytes("1"), null, New));
        Store.Do(
            new Operation.Patch(Table, Bytes("a"), Bytes("{\"m\":2}"), false),
            new Operation.Add(Table, Bytes("a"), "n", Bytes("1")),
            new Operation.Add(Table, Bytes("n"), null, Bytes("1")));
        Assert.Equal(["kv a", "kv n"], RowsOf(1));
        Assert.Equal("{\"n\":2,\"m\":2}", Store.Value("a"));
        Assert.Equal((1, 1), (Store.Row("a")!.Lease, Store.Row("n")!.Lease));
        Assert.Equal(2, Store.Row("a")!.Version);
    }

    [Fact]
    public void The_state_hash_covers_leases()
    {
        using var other = Open(_folder.Sub("other"));
        Make(7);
        Make(8);
        other.Do(MakeOf(7));
        other.Do(MakeOf(8));
        Assert.Equal(Store.Applied, other.Applied);
        Store.Do(On("a", new LeaseTerm(7, 0)));
        other.Do(On("a", new LeaseTerm(8, 0)));
        Assert.NotEqual(Store.Applied.StateHash, other.Applied.StateHash);
    }

    [Fact]
    public void Leases_and_their_rows_come_with_a_copy()
    {
        Store.Do(On("a", New));
        Store.Checkpoint(_folder.Sub("copy"));
        using var other = Open(_folder.Sub("other"));
        other.LeaseListener = this;
        _heard.Clear();
        other.SwitchTo(_folder.Sub("copy"));
        Assert.Equal(["reset"], _heard);
        other.LeaseListener = null;
        other.Do(Delete("a"));
        Store.Do(Delete("a"));
        Assert.Equal(Store.Applied, other.Applied);
        Assert.Empty(other.Keys(KeyRange.All, table: SystemTables.Leases));
    }

    private static LeaseTerm New => new(0, 5_000);

    private static Operation.Put On(string key, LeaseTerm lease) => new(Table, Bytes(key), Bytes("v"), null, lease);

    private static Operation.Put MakeOf(long id) => new(
        SystemTables.Leases, Bytes($"{id}"), Bytes("{\"ttl\":1000,\"implicit\":false,\"created\":1}"), "application/json");

    private void Make(long id) => Store.Do(MakeOf(id));

    private string[] RowsOf(long lease)
    {
        using var reader = Store.Read();
        return [.. reader.RowsOfLease(lease).Select(row => $"{row.Table} {Text(row.Key)}")];
    }
}
