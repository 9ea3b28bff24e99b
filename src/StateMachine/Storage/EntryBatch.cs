using RocksDbSharp;

namespace RaftCluster.StateMachine.Storage;

/// <summary>The write batch of one entry, used again for the next. For one thread.</summary>
internal sealed class EntryBatch(Database database) : IDisposable
{
    private const long KeptLength = 8 << 20;

    private WriteBatch _batch = new();
    private long _length;

    public void Put(Family family, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        database.Put(_batch, family, key, value);
        _length += key.Length + value.Length;
    }

    public void Delete(Family family, ReadOnlySpan<byte> key)
    {
        database.Delete(_batch, family, key);
        _length += key.Length;
    }

    /// <summary>Writes everything at once.</summary>
    public void Write() => database.Write(_batch);

    /// <summary>Begins anew.</summary>
    public void Clear()
    {
        if (_length > KeptLength)
        {
            _batch.Dispose();
            _batch = new WriteBatch();
        }
        else
        {
            _batch.Clear();
        }

        _length = 0;
    }

    public void Dispose() => _batch.Dispose();
}
