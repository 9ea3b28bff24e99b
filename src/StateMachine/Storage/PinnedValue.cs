using RocksDbSharp;

namespace RaftCluster.StateMachine.Storage;

/// <summary>A value where RocksDB keeps it, uncopied, until it is disposed; or none.</summary>
internal readonly unsafe struct PinnedValue(nint slice) : IDisposable
{
    public bool Found => slice != 0;

    /// <summary>The value; only when there is one.</summary>
    public ReadOnlySpan<byte> Bytes
    {
        get
        {
            var start = Native.Instance.rocksdb_pinnableslice_value(slice, out var length);
            return new ReadOnlySpan<byte>((void*)start, checked((int)length));
        }
    }

    public void Dispose()
    {
        if (slice != 0)
        {
            Native.Instance.rocksdb_pinnableslice_destroy(slice);
        }
    }
}
