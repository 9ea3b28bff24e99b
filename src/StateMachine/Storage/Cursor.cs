using System.Runtime.InteropServices;
using RocksDbSharp;

namespace RaftCluster.StateMachine.Storage;

/// <summary>Walks the keys of one column family between two bounds. Not for use by two threads at once.</summary>
internal sealed unsafe class Cursor : IDisposable
{
    private readonly Database _database;
    private readonly nint _options;
    private readonly byte* _bounds;
    private nint _iterator;

    /// <summary>Opens a cursor.</summary>
    /// <param name="database">The database, which must stay open meanwhile.</param>
    /// <param name="family">Where to walk.</param>
    /// <param name="snapshot">The picture to walk in; 0 for the newest.</param>
    /// <param name="from">The first key.</param>
    /// <param name="to">The first key that is beyond; empty for no bound.</param>
    public Cursor(Database database, Family family, nint snapshot, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        _database = database;
        _options = Native.Instance.rocksdb_readoptions_create();
        // RocksDB keeps pointers to the bounds, so they live outside the managed heap, as long as the iterator.
        _bounds = (byte*)NativeMemory.Alloc((nuint)Math.Max(1, from.Length + to.Length));
        from.CopyTo(new Span<byte>(_bounds, from.Length));
        to.CopyTo(new Span<byte>(_bounds + from.Length, to.Length));
        Native.Instance.rocksdb_readoptions_set_iterate_lower_bound(_options, _bounds, (nuint)from.Length);
        if (!to.IsEmpty)
        {
            Native.Instance.rocksdb_readoptions_set_iterate_upper_bound(
                _options, _bounds + from.Length, (nuint)to.Length);
        }

        if (snapshot != 0)
        {
            Native.Instance.rocksdb_readoptions_set_snapshot(_options, snapshot);
        }

        // Removing files that only this iterator kept alive is not the reader's work.
        Native.Instance.rocksdb_readoptions_set_background_purge_on_iterator_cleanup(_options, 1);
        _iterator = _database.CreateIterator(family, _options);
    }

    /// <summary>The key it stands on; valid until it moves.</summary>
    public ReadOnlySpan<byte> Key
    {
        get
        {
            var start = Native.Instance.rocksdb_iter_key(Handle, out nuint length);
            return new ReadOnlySpan<byte>((void*)start, (int)length);
        }
    }

    /// <summary>The value it stands on; valid until it moves.</summary>
    public ReadOnlySpan<byte> Value
    {
        get
        {
            var start = Native.Instance.rocksdb_iter_value(Handle, out nuint length);
            return new ReadOnlySpan<byte>((void*)start, checked((int)length));
        }
    }

    private nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_iterator == 0, this);
            return _iterator;
        }
    }

    /// <summary>Moves to the first key; false when there is none.</summary>
    public bool First()
    {
        Native.Instance.rocksdb_iter_seek_to_first(Handle);
        return Stands();
    }

    /// <summary>Moves to the last key; false when there is none.</summary>
    public bool Last()
    {
        Native.Instance.rocksdb_iter_seek_to_last(Handle);
        return Stands();
    }

    /// <summary>Moves to the first key at or after one; false when there is none.</summary>
    public bool AtOrAfter(ReadOnlySpan<byte> key)
    {
        fixed (byte* start = key)
        {
            Native.Instance.rocksdb_iter_seek(Handle, start, (nuint)key.Length);
        }

        return Stands();
    }

    /// <summary>Moves to the last key at or before one; false when there is none.</summary>
    public bool AtOrBefore(ReadOnlySpan<byte> key)
    {
        fixed (byte* start = key)
        {
            Native.Instance.rocksdb_iter_seek_for_prev(Handle, start, (nuint)key.Length);
        }

        return Stands();
    }

    /// <summary>Moves to the next key; false when there is none.</summary>
    public bool Next()
    {
        Native.Instance.rocksdb_iter_next(Handle);
        return Stands();
    }

    /// <summary>Moves to the previous key; false when there is none.</summary>
    public bool Previous()
    {
        Native.Instance.rocksdb_iter_prev(Handle);
        return Stands();
    }

    public void Dispose()
    {
        if (_iterator != 0)
        {
            Native.Instance.rocksdb_iter_destroy(_iterator);
            _iterator = 0;
            Native.Instance.rocksdb_readoptions_destroy(_options);
            NativeMemory.Free(_bounds);
        }
    }

    private bool Stands()
    {
        if (Native.Instance.rocksdb_iter_valid(_iterator) != 0)
        {
            return true;
        }

        // An iterator that met a damaged block looks like one at its end.
        Native.Instance.rocksdb_iter_get_error(_iterator, out var error);
        _database.ThrowOn(error);
        return false;
    }
}
