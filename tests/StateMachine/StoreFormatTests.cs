using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;
using static RaftCluster.Tests.StateMachine.Entries;

namespace RaftCluster.Tests.StateMachine;

/// <summary>What docs/formats/store.md says, in bytes.</summary>
public sealed class StoreFormatTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_bytes_are_those_of_format_2()
    {
        using (var store = RowStore.Open(_folder.Path))
        {
            Fill(store);
            var lease = new LeaseTerm(0, 30_000);
            var operations = EncodeTransaction(
                new Operation.Put("kv", Bytes("on lease"), Bytes("x"), "text/plain", lease),
                new Operation.Put("users", Bytes("on lease too"), Bytes("y"), null, lease));
            var terms = new IdempotencyTerms("key", 0x0123456789abcdef, 60_000, 100);
            store.Apply(7, 3, EntryOf(1_700_000_000_000_003, EntryCodec.EncodeFramed(terms, [], operations)));
        }

        Holds("store-2");
    }

    [Fact]
    public void A_store_without_what_is_new_differs_from_format_1_in_its_number_and_the_counts_of_rows_alone()
    {
        using (var store = RowStore.Open(_folder.Path))
        {
            Fill(store);
        }

        StoreFiles.Rewrite(_folder.Path, MetaRecords.FormatKey, [1]);
        RemoveSizes();
        Holds("store-1", Family.Rows, Family.History, Family.Changes, Family.Meta);
    }

    [Fact]
    public void History_keys_keep_the_order_and_give_the_key_back()
    {
        CsCheck.Check.Sample(CsCheck.Gen.Select(Generated.Key, Generated.Key), (left, right) =>
        {
            var groups = new[] { Group(left), Group(right) };
            Assert.Equal(
                Math.Sign(left.AsSpan().SequenceCompareTo(right)),
                Math.Sign(groups[0].AsSpan().SequenceCompareTo(groups[1])));
            Assert.True(left.AsSpan().SequenceEqual(right) || !groups[0].AsSpan().StartsWith(groups[1]));
            var key = new byte[EntryCodec.MaximumKeyLength];
            Assert.Equal(left, key[..HistoryKey.ReadKey(key, groups[0])]);
        }, iter: 5_000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(long.MaxValue)]
    public void History_keys_give_the_revision_back(long revision)
    {
        var key = new byte[HistoryKey.MaximumLength];
        var group = Group(Bytes("k"));
        group.CopyTo(key, 0);
        var length = HistoryKey.WriteRevision(key, group.Length, revision);
        Assert.Equal(revision, HistoryKey.RevisionOf(key.AsSpan(0, length)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(17)]
    public void A_record_gives_back_what_was_written(long lease)
    {
        var held = new Held(7, 3, 2, lease);
        var record = new byte[RowRecord.LengthOf(held, [1, 2], [3])];
        RowRecord.Write(record, held, [1, 2], [3]);
        Assert.Equal(held, RowRecord.Read(record).Held);
        Assert.Equal([1, 2], RowRecord.Read(record).ContentType.ToArray());
        Assert.Equal([3], RowRecord.Read(record).Value.ToArray());
        Assert.Equal(lease, RowRecord.Read(record).ToRow([9]).Lease);
        Assert.Equal(7, RowRecord.RevisionOf(record));
    }

    [Fact]
    public void A_record_of_a_newer_version_is_not_guessed_at()
    {
        var record = new byte[RowRecord.LengthOf(new Held(1, 1, 1), [], [1])];
        RowRecord.Write(record, new Held(1, 1, 1), [], [1]);
        Assert.Equal(1, RowRecord.Read(record).Held.Version);
        Assert.Throws<InvariantException>(() => RowRecord.Read([2, .. record.AsSpan(1)]));
        Assert.Throws<InvariantException>(() => RowRecord.Read([1, 4, .. record.AsSpan(2)]));
        Assert.Throws<InvariantException>(() => RowRecord.Read([1, 3, .. record.AsSpan(2)]));
        for (var length = 0; length < record.Length - 1; length++)
        {
            Assert.Throws<InvariantException>(() => RowRecord.Read(record.AsSpan(0, length)));
        }
    }

    private static void Fill(RowStore store)
    {
        store.Apply(3, 2, Entry(1_700_000_000_000_000, Put("a\0b", "one", contentType: "text/plain"), Put("z")));
        store.Apply(4, 2, Entry(1_700_000_000_000_001, Put("a\0b", "two"), Put("u1", "x", table: "users")));
        store.Apply(6, 3, Entry(1_700_000_000_000_002, DeleteRange("a", "b"), Put("z", "z2", Precondition.Absent)));
    }

    /// <summary>They are beside the format: an older version passes them over, and a newer one makes them anew.</summary>
    private void RemoveSizes()
    {
        var database = Database.Open(_folder.Path, new RowStoreOptions());
        using var batch = new RocksDbSharp.WriteBatch();
        foreach (var table in (string[])["kv", "users"])
        {
            database.Delete(batch, Family.Meta, [.. MetaRecords.SizePrefix, .. Bytes(table)]);
        }

        database.Delete(batch, Family.Meta, MetaRecords.SizesKey);
        database.Write(batch);
        database.Flush();
        database.Leave();
    }

    private static byte[] EncodeTransaction(params Operation[] operations) =>
        EntryCodec.EncodeTransaction(Transaction.Of(operations));

    private void Holds(string golden, params Family[] families)
    {
        var database = Database.Open(_folder.Path, new RowStoreOptions());
        try
        {
            foreach (var family in families.Length > 0 ? families : Enum.GetValues<Family>())
            {
                Golden.Matches($"{golden}-{family}".ToLowerInvariant(), Dump(database, family));
            }
        }
        finally
        {
            database.Leave();
        }
    }

    private static byte[] Group(byte[] key)
    {
        Span<byte> rowKey = stackalloc byte[RowKey.MaximumLength];
        rowKey = rowKey[..RowKey.Write(rowKey, "kv"u8, key)];
        var group = new byte[HistoryKey.MaximumLength];
        return group[..HistoryKey.WriteGroup(group, rowKey)];
    }

    // Each pair as key length:u8, key, value length:u8, value.
    private static byte[] Dump(Database database, Family family)
    {
        var bytes = new List<byte>();
        using var cursor = new Cursor(database, family, 0, [], []);
        for (var stands = cursor.First(); stands; stands = cursor.Next())
        {
            bytes.Add((byte)cursor.Key.Length);
            bytes.AddRange(cursor.Key);
            bytes.Add((byte)cursor.Value.Length);
            bytes.AddRange(cursor.Value);
        }

        return [.. bytes];
    }
}
