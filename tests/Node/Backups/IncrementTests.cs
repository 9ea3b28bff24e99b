using CsCheck;
using RaftCluster.Node.Backups;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Replay;
using RaftCluster.StateMachine.Storage;
using RaftCluster.Tests.StateMachine;

namespace RaftCluster.Tests.Node.Backups;

/// <summary>A copy of a store, and what happened since on top of it: byte for byte what the store holds.</summary>
public sealed class IncrementTests : IDisposable
{
    private const int Term = 3;

    private static readonly Gen<Operation> LockOperation = Gen.OneOf(
        Gen.Select(Gen.OneOf("l", "m"), Gen.OneOf("x", "y", "z"), Gen.Bool, Gen.Bool, (name, owner, queue, guarded) =>
            (Operation)new Operation.AcquireLock(name, owner, 5_000, queue, guarded ? [new Guard("kv", "jobs/")] : default)),
        Gen.Select(Gen.OneOf("l", "m"), Gen.OneOf("x", "y", "z"), (name, owner) =>
            (Operation)new Operation.ReleaseLock(name, owner, 0, Force: false, DropGuard: false)),
        Gen.Long[1, 40].Array[1, 4].Select(ids => (Operation)new Operation.EndLeases([.. ids], Term)));

    private static readonly Gen<byte[]> Encoded = Gen.Select(
        Gen.Frequency(
            (2, Generated.Command.Select(EntryCodec.EncodeTransaction)),
            (3, Generated.Transaction.Select(EntryCodec.EncodeTransaction)),
            (2, LockOperation.Select(operation => EntryCodec.EncodeTransaction(Transaction.Of(operation))))),
        Gen.Frequency((1, Gen.Const(0)), (1, Gen.Int[1, 40])),
        (transaction, key) => key == 0
            ? transaction
            : EntryCodec.EncodeFramed(new IdempotencyTerms($"key {key}", (UInt128)key, KeepForMs: 1, KeepAtMost: 9), [], transaction));

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_copy_and_its_increments_are_equal_to_the_store_in_every_byte() =>
        Gen.Select(Encoded.Array[1, 3].Array[0, 60], Encoded.Array[1, 3].Array[0, 60], Encoded.Array[1, 3].Array[0, 20])
            .Sample(
                (before, between, after) => Task.Run(() => CompareAsync(before, between, after)).GetAwaiter().GetResult(),
                iter: 12,
                threads: 1);

    [Fact]
    public async Task An_increment_is_applied_up_to_a_revision_inside_it()
    {
        using var store = RowStore.Open(_folder.Sub("store"));
        for (var i = 0; i < 5; i++)
        {
            store.DoEncoded(Keyed(i));
        }

        await BackupFiles.FullAsync(store, _folder.Sub("copy"), _folder.Sub("full"));
        var at = new Dictionary<long, AppliedPosition>();
        for (var i = 5; i < 20; i++)
        {
            store.DoEncoded(Keyed(i));
            at[store.Applied.Revision] = store.Applied;
        }

        await BackupFiles.IncrementAsync(store, 5, _folder.Sub("increment"));
        BackupFiles.Unpack(_folder.Sub("full"), _folder.Sub("restored"));
        Assert.Equal(at[12], BackupFiles.Replay(_folder.Sub("increment"), _folder.Sub("restored"), upTo: 12));
        using var restored = RowStore.Open(_folder.Sub("restored"));
        Assert.Equal(at[12], restored.Applied);
        Assert.Equal("v 11", restored.Value("k"));
        using var picture = restored.Read();
        Assert.Equal(12, picture.KeptSince(0).Count());
    }

    [Fact]
    public async Task Values_that_go_over_many_pieces_come_out_whole()
    {
        using var store = RowStore.Open(_folder.Sub("store"));
        await BackupFiles.FullAsync(store, _folder.Sub("copy"), _folder.Sub("full"));
        foreach (var length in (int[])[BackupFormat.PieceBytes * 3, 1, BackupFormat.PieceBytes - 60, BackupFormat.PieceBytes])
        {
            store.Do(Entries.Put($"{length}", new string('x', length)));
        }

        await BackupFiles.IncrementAsync(store, 0, _folder.Sub("increment"));
        BackupFiles.Unpack(_folder.Sub("full"), _folder.Sub("restored"));
        Assert.Equal(store.Applied, BackupFiles.Replay(_folder.Sub("increment"), _folder.Sub("restored")));
        Same(_folder.Sub("store"), store, _folder.Sub("restored"));
    }

    [Fact]
    public async Task What_does_not_follow_on_what_is_there_is_refused()
    {
        using var store = RowStore.Open(_folder.Sub("store"));
        store.Do(Entries.Put("a"));
        await BackupFiles.FullAsync(store, _folder.Sub("copy"), _folder.Sub("full"));
        store.Do(Entries.Put("b"));
        store.Do(Entries.Put("c"));
        await BackupFiles.IncrementAsync(store, 2, _folder.Sub("gap"));
        BackupFiles.Unpack(_folder.Sub("full"), _folder.Sub("restored"));
        var gap = Assert.Throws<HistoryMismatchException>(() => BackupFiles.Replay(_folder.Sub("gap"), _folder.Sub("restored")));
        Assert.Equal("revision 3 does not follow on revision 1", gap.Message);

        using var other = RowStore.Open(_folder.Sub("other"));
        other.Do(Entries.Put("a", "another"));
        other.Do(Entries.Put("b"));
        await BackupFiles.IncrementAsync(other, 1, _folder.Sub("stranger"));
        var stranger = Assert.Throws<HistoryMismatchException>(() => BackupFiles.Replay(_folder.Sub("stranger"), _folder.Sub("restored")));
        Assert.Contains("with state hash", stranger.Message, StringComparison.Ordinal);
    }

    private static byte[] Keyed(int number) => EntryCodec.EncodeFramed(
        new IdempotencyTerms($"key {number:d3}", (UInt128)number, KeepForMs: 60_000, KeepAtMost: 1000),
        [],
        EntryCodec.EncodeTransaction(Entries.Put("k", $"v {number}")));

    private static async Task CompareAsync(byte[][][] before, byte[][][] between, byte[][][] after)
    {
        using var folder = new TemporaryFolder();
        using var store = RowStore.Open(folder.Sub("store"));
        for (var i = 0; i < 5; i++)
        {
            // The leases that random operations write as rows are 1 to 3: no other may get these numbers.
            store.Do(Entries.Put("first"));
        }

        Feed(store, before);
        var full = await BackupFiles.FullAsync(store, folder.Sub("copy"), folder.Sub("full"));
        Feed(store, between);
        var first = await BackupFiles.IncrementAsync(store, full.Revision, folder.Sub("first"));
        Feed(store, after);
        // The second one begins before the first one's end: what is there already is passed over.
        await BackupFiles.IncrementAsync(store, (full.Revision + first.Revision) / 2, folder.Sub("second"));

        BackupFiles.Unpack(folder.Sub("full"), folder.Sub("restored"));
        Assert.Equal(first.Position, BackupFiles.Replay(folder.Sub("first"), folder.Sub("restored")));
        Assert.Equal(store.Applied, BackupFiles.Replay(folder.Sub("second"), folder.Sub("restored")));
        Same(folder.Sub("store"), store, folder.Sub("restored"));

        // And on from there alike, with what is kept in memory beside the rows.
        using var next = RowStore.Open(folder.Sub("restored"));
        Assert.Equal(Feed(store, before), Feed(next, before));
        Assert.Equal(store.Applied, next.Applied);
    }

    private static List<string> Feed(RowStore store, byte[][][] entries)
    {
        var outcomes = new List<string>();
        foreach (var entry in entries)
        {
            outcomes.AddRange(store.Apply(store.Applied.Index + 1, Term, Entries.EntryOf(store.Applied.Time + 300, entry))
                .Select(Entries.Describe));
        }

        return outcomes;
    }

    private static void Same(string folder, RowStore open, string restored)
    {
        open.Flush();
        foreach (var family in Enum.GetValues<Family>())
        {
            Assert.Equal(Dump(folder, family), Dump(restored, family));
        }
    }

    private static List<string> Dump(string folder, Family family)
    {
        var pairs = new List<string>();
        var database = StoreCopy.OpenToLook(folder);
        using (var cursor = new Cursor(database, family, 0, [], []))
        {
            for (var stands = cursor.First(); stands; stands = cursor.Next())
            {
                pairs.Add($"{family} {Convert.ToHexString(cursor.Key)}={Convert.ToHexString(cursor.Value)}");
            }
        }

        database.Leave();
        return pairs;
    }
}
