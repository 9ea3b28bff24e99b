using System.IO.Hashing;

namespace RaftCluster.StateMachine.Storage;

/// <summary>
/// The records of rows that were written lately, as they are stored: what is written again is not searched for in RocksDB, whose
/// search costs as much as a third of applying a small put. Rows that are long or were not written since the store was opened are
/// never here. For the thread that applies, which alone writes rows, so that what is here is what RocksDB has.
/// </summary>
internal sealed class HotRows
{
    /// <summary>The longest key and record together, in bytes: of longer rows, copying costs more than searching.</summary>
    public const int LongestRow = 512;

    // 32,768 rows in sets of four: 20 MiB when every place has the longest one.
    private const int Sets = 8192;
    private const int PlacesOfSet = 4;
    private const int Granularity = 64;

    private readonly Place[] _places = new Place[Sets * PlacesOfSet];
    private int _next;

    /// <summary>Looks for a row.</summary>
    /// <param name="rowKey">Its key.</param>
    /// <param name="held">Where it stands.</param>
    /// <param name="record">Its record; valid until anything is written or removed.</param>
    public bool TryGet(ReadOnlySpan<byte> rowKey, out Held held, out ReadOnlyMemory<byte> record)
    {
        if (Find(rowKey, out _) is var at and >= 0)
        {
            ref readonly var place = ref _places[at];
            held = place.Held;
            record = place.Bytes.AsMemory(place.KeyLength, place.Length - place.KeyLength);
            return true;
        }

        (held, record) = (Held.None, default);
        return false;
    }

    /// <summary>Notes what a row is now.</summary>
    public void Set(ReadOnlySpan<byte> rowKey, in Held held, ReadOnlySpan<byte> record)
    {
        var at = Find(rowKey, out var set);
        var length = rowKey.Length + record.Length;
        if (length > LongestRow)
        {
            Empty(at);
            return;
        }

        ref var place = ref _places[at >= 0 ? at : Free(set)];
        if (place.Bytes is null || place.Bytes.Length < length)
        {
            place.Bytes = GC.AllocateUninitializedArray<byte>((length + Granularity - 1) / Granularity * Granularity);
        }

        rowKey.CopyTo(place.Bytes);
        record.CopyTo(place.Bytes.AsSpan(rowKey.Length));
        (place.KeyLength, place.Length, place.Held) = (rowKey.Length, length, held);
    }

    /// <summary>Forgets all rows.</summary>
    public void Clear()
    {
        for (var at = 0; at < _places.Length; at++)
        {
            _places[at].Length = 0;
        }
    }

    /// <summary>Forgets a row.</summary>
    public void Remove(ReadOnlySpan<byte> rowKey) => Empty(Find(rowKey, out _));

    private void Empty(int at)
    {
        if (at >= 0)
        {
            _places[at].Length = 0;
        }
    }

    /// <summary>The place of a row; -1 for none.</summary>
    /// <param name="rowKey">Its key.</param>
    /// <param name="set">The first of the places that it may have.</param>
    private int Find(ReadOnlySpan<byte> rowKey, out int set)
    {
        set = (int)(XxHash3.HashToUInt64(rowKey) % Sets) * PlacesOfSet;
        for (var at = set; at < set + PlacesOfSet; at++)
        {
            ref readonly var place = ref _places[at];
            if (place.Length > 0 && place.Bytes.AsSpan(0, place.KeyLength).SequenceEqual(rowKey))
            {
                return at;
            }
        }

        return -1;
    }

    /// <summary>A place of a set for another row: one that is empty, or one after the other in turn.</summary>
    private int Free(int set)
    {
        for (var at = set; at < set + PlacesOfSet; at++)
        {
            if (_places[at].Length == 0)
            {
                return at;
            }
        }

        return set + (_next++ & (PlacesOfSet - 1));
    }

    /// <summary>A row's place.</summary>
    private struct Place
    {
        /// <summary>The key, then the record; may be longer than both.</summary>
        public byte[]? Bytes;

        public int KeyLength;

        /// <summary>Of both; 0 when there is no row.</summary>
        public int Length;

        public Held Held;
    }
}
