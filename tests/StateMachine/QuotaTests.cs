using System.Text;
using CsCheck;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;
using RocksDbSharp;
using static RaftCluster.Tests.StateMachine.Entries;

namespace RaftCluster.Tests.StateMachine;

/// <summary>How much tables hold is counted right whatever happens, and no table holds more than it may.</summary>
public sealed class QuotaTests : IDisposable
{
    private static readonly RowStoreOptions _small = new() { BlockCacheBytes = 8 << 20, WriteBufferBytes = 8 << 20 };
    private static readonly string[] _tables = ["t", "u", "kv"];

    /// <summary>One transaction: some puts, adds, deletes and range deletes of few keys in few tables.</summary>
    private static readonly Gen<Operation[]> _operations = Gen.OneOf(
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 9], Gen.Int[0, 40], (table, key, length) => (Operation)new Operation.Put(
            _tables[table], Bytes($"{key}"), Bytes(new string('1', length + 1)), null, default)),
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 9], (table, key) => (Operation)new Operation.Add(_tables[table], Bytes($"{key}"), null, Bytes("100"))),
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 9], (table, key) => (Operation)new Operation.Delete(_tables[table], Bytes($"{key}"))),
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 9], Gen.Int[0, 9], (table, from, to) =>
            (Operation)new Operation.DeleteRange(_tables[table], Bytes($"{from}"), Bytes($"{to}")))).Array[1, 6];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Counts_are_those_of_a_recount_and_no_table_grows_beyond_its_quota() => Gen.Select(
        _operations.Array[1, 25], Gen.Int[1, 6], Gen.Int[20, 150]).Sample(
        (transactions, maxRows, maxBytes) =>
        {
            using var folder = new TemporaryFolder();
            var store = RowStore.Open(folder.Path, _small);
            try
            {
                Define(store, "t", $$"""{"key":"given","maxRows":{{maxRows}}}""");
                Define(store, "u", $$"""{"key":"given","maxBytes":{{maxBytes}}}""");
                foreach (var (operations, at) in transactions.Select((operations, at) => (operations, at)))
                {
                    var before = _tables.Select(table => Recount(store, table)).ToArray();
                    // Single commands go their own way through the store.
                    var outcome = operations is [Operation.Put put]
                        ? store.Do(new Command.Put(put.Table, put.Key, put.Value, null, Precondition.None))[0]
                        : store.Do(operations);
                    Check(store);
                    var after = _tables.Select(table => Recount(store, table)).ToArray();
                    if (outcome is Outcome.Failed { Kind: FailureKind.QuotaExceeded })
                    {
                        Assert.Equal(before, after);
                    }

                    Assert.True(after[0].Rows <= Math.Max(before[0].Rows, maxRows), $"{outcome}");
                    Assert.True(after[1].Bytes <= Math.Max(before[1].Bytes, maxBytes), $"{outcome}");
                    if (at % 7 == 6)
                    {
                        store.Dispose();
                        store = RowStore.Open(folder.Path, _small);
                        Check(store);
                    }
                }
            }
            finally
            {
                store.Dispose();
            }
        },
        iter: 60);

    [Fact]
    public void What_is_too_much_is_told_by_table_limit_and_use_and_changes_nothing()
    {
        using var store = RowStore.Open(_folder.Path, _small);
        Define(store, "t", """{"key":"given","maxRows":2,"maxBytes":20}""");
        store.Do(new Operation.Put("t", Bytes("a"), Bytes("1"), null, default), new Operation.Put("t", Bytes("b"), Bytes("2"), null, default));
        var applied = store.Applied;

        var rows = Assert.IsType<Outcome.Failed>(store.Do(new Operation.Put("t", Bytes("c"), Bytes("3"), null, default)));
        Assert.Equal((FailureKind.QuotaExceeded, "table 't' may hold 2 rows (maxRows), and holds 2: this would make it 3"), (rows.Kind, rows.Detail));
        var bytes = Assert.IsType<Outcome.Failed>(store.Do(new Operation.Put("t", Bytes("a"), Bytes(new string('x', 30)), null, default)));
        Assert.Equal("table 't' may hold 20 bytes of keys and values (maxBytes), and holds 4: this would make it 33", bytes.Detail);
        Assert.Equal((applied.Revision, applied.StateHash), (store.Applied.Revision, store.Applied.StateHash));

        // What makes room goes, in the same transaction too, and another table is none of its business.
        Assert.IsType<Outcome.Transacted>(store.Do(
            new Operation.Delete("t", Bytes("a")), new Operation.Put("t", Bytes("c"), Bytes("3"), null, default)));
        Assert.IsType<Outcome.Transacted>(store.Do(new Operation.Put("kv", Bytes("a"), Bytes(new string('x', 30)), null, default)));
    }

    [Fact]
    public void A_quota_below_what_is_there_lets_it_only_shrink_and_one_that_is_lifted_lets_it_grow()
    {
        using var store = RowStore.Open(_folder.Path, _small);
        Define(store, "t", """{"key":"given"}""");
        store.Do([.. Enumerable.Range(0, 5).Select(row => new Operation.Put("t", Bytes($"{row}"), Bytes("1"), null, default))]);
        Define(store, "t", """{"key":"given","maxRows":2}""");

        Assert.IsType<Outcome.Failed>(store.Do(new Operation.Put("t", Bytes("x"), Bytes("1"), null, default)));
        Assert.IsType<Outcome.Transacted>(store.Do(new Operation.Put("t", Bytes("0"), Bytes("22"), null, default)));
        Assert.IsType<Outcome.Transacted>(store.Do(new Operation.Delete("t", Bytes("0"))));
        Assert.Equal(4, Recount(store, "t").Rows);

        Define(store, "t", """{"key":"given"}""");
        Assert.IsType<Outcome.Transacted>(store.Do(new Operation.Put("t", Bytes("x"), Bytes("1"), null, default)));
    }

    [Fact]
    public void A_quota_holds_after_the_store_was_opened_again_and_in_a_copy()
    {
        using (var store = RowStore.Open(Path.Combine(_folder.Path, "rows"), _small))
        {
            Define(store, "t", """{"key":"given","maxRows":1}""");
            store.Do(new Operation.Put("t", Bytes("a"), Bytes("1"), null, default));
            store.Checkpoint(Path.Combine(_folder.Path, "copy"));
        }

        foreach (var name in (string[])["rows", "copy"])
        {
            using var again = RowStore.Open(Path.Combine(_folder.Path, name), _small);
            Check(again);
            Assert.IsType<Outcome.Failed>(again.Do(new Operation.Put("t", Bytes("b"), Bytes("1"), null, default)));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1L)]
    public void A_store_that_was_not_counted_or_written_by_an_older_version_since_is_counted_when_it_is_opened(long? counted)
    {
        using (var store = RowStore.Open(_folder.Path, _small))
        {
            store.Do(new Operation.Put("t", Bytes("a"), Bytes("1"), null, default), new Operation.Put("u", Bytes("b"), Bytes("2"), null, default));
            store.Do(new Operation.Put("t", Bytes("c"), Bytes("333"), null, default));
        }

        Spoil(counted);

        using var again = RowStore.Open(_folder.Path, _small);
        Check(again);
        Assert.Equal(default, SizeOf(again, "gone"));
    }

    /// <summary>Makes the counts those of an older revision, or none.</summary>
    private void Spoil(long? counted)
    {
        var database = Database.Open(_folder.Path, _small);
        using var batch = new WriteBatch();
        Span<byte> record = stackalloc byte[MetaRecords.SizeLength];
        MetaRecords.WriteSize(record, new TableSize(77, 777));
        foreach (var table in (string[])["t", "gone"])
        {
            database.Put(batch, Family.Meta, [.. MetaRecords.SizePrefix, .. Encoding.UTF8.GetBytes(table)], record);
        }

        if (counted is { } revision)
        {
            Span<byte> marker = stackalloc byte[MetaRecords.SizesLength];
            MetaRecords.WriteSizes(marker, revision);
            database.Put(batch, Family.Meta, MetaRecords.SizesKey, marker);
        }
        else
        {
            database.Delete(batch, Family.Meta, MetaRecords.SizesKey);
        }

        database.Write(batch);
        database.Flush();
        database.Leave();
    }

    private static void Define(RowStore store, string table, string definition) =>
        store.Do(new Operation.Put(SystemTables.Tables, Bytes(table), Bytes(definition), SystemTables.ContentType, default));

    private static void Check(RowStore store) => Assert.All(
        [.. _tables, SystemTables.Tables], table => Assert.Equal(Recount(store, table), SizeOf(store, table)));

    private static TableSize SizeOf(RowStore store, string table)
    {
        using var reader = store.Read();
        return reader.SizeOf(table);
    }

    private static TableSize Recount(RowStore store, string table)
    {
        using var reader = store.Read();
        var rows = reader.Range(table, KeyRange.All, reader.Position.Revision).ToList();
        return new TableSize(rows.Count, rows.Sum(row => row.Key.Length + row.Value.Length));
    }
}
