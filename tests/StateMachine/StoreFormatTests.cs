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
    public void The_bytes_are_those_of_format_1()
    {
        using (var store = RowStore.Open(_folder.Path))
        {
            store.Apply(3, 2, Entry(1_700_000_000_000_000, Put("a\0b", "one", contentType: "text/plain"), Put("z")));
            store.Apply(4, 2, Entry(1_700_000_000_000_001, Put("a\0b", "two"), Put("u1", "x", table: "users")));
            store.Apply(6, 3, Entry(1_700_000_000_000_002, DeleteRange("a", "b"), Put("z", "z2", Precondition.Absent)));
        }

        var database = Database.Open(_folder.Path, new RowStoreOptions());
        try
        {
            foreach (var family in Enum.GetValues<Family>())
            {
                Golden.Matches($"store-1-{family}".ToLowerInvariant(), Dump(database, family));
            }
        }
        finally
        {
            database.Leave();
        }
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
