using RocksDbSharp;

namespace RaftCluster.StateMachine.Storage;

/// <summary>
/// The rows as they stand at one applied position: a RocksDB snapshot shared by all who read there. The thread that
/// applies makes one after each entry, so reading takes no lock and waits for nobody.
/// </summary>
internal sealed class Picture
{
    private readonly nint _snapshot;
    private UserCount _users = new();

    /// <summary>Takes it; the one that applies is its first user.</summary>
    public Picture(Database database, in AppliedPosition position, long floor)
    {
        Invariant.Holds(database.TryEnter(), "pictures are taken of an open store");
        Database = database;
        Position = position;
        Floor = floor;
        _snapshot = database.CreateSnapshot();
        ReadOptions = Native.Instance.rocksdb_readoptions_create();
        Native.Instance.rocksdb_readoptions_set_snapshot(ReadOptions, _snapshot);
    }

    public Database Database { get; }

    public AppliedPosition Position { get; }

    /// <summary>The oldest revision that can be read.</summary>
    public long Floor { get; }

    /// <summary>Reads at this picture.</summary>
    public nint ReadOptions { get; }

    public Cursor Walk(Family family, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to) =>
        new(Database, family, _snapshot, from, to);

    /// <summary>Counts a user in; false when it is gone already and a newer one stands in its place.</summary>
    public bool TryEnter() => _users.TryEnter();

    /// <summary>Counts a user out; the last one lets it go.</summary>
    public void Leave()
    {
        if (_users.Leave())
        {
            Native.Instance.rocksdb_readoptions_destroy(ReadOptions);
            Database.ReleaseSnapshot(_snapshot);
            Database.Leave();
        }
    }
}
