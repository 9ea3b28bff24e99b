namespace RaftCluster.StateMachine.Storage;

/// <summary>Memory for what lives as long as one entry's application, taken piece by piece and given back at once.</summary>
internal sealed class ByteArena
{
    private const int ChunkLength = 64 << 10;
    private const int KeptLength = 1 << 20;

    private byte[] _chunk = new byte[ChunkLength];
    private int _used;

    /// <summary>Takes a piece, its content undefined.</summary>
    public Memory<byte> Take(int length)
    {
        if (length > _chunk.Length - _used)
        {
            // Pieces taken before keep the old chunk alive for as long as they are needed.
            _chunk = GC.AllocateUninitializedArray<byte>((int)Math.Min(
                Array.MaxLength, Math.Max((long)length, 2L * _chunk.Length)));
            _used = 0;
        }

        var piece = _chunk.AsMemory(_used, length);
        _used += length;
        return piece;
    }

    /// <summary>Gives all pieces back: their memory is used again.</summary>
    public void Reset()
    {
        _used = 0;
        if (_chunk.Length > KeptLength)
        {
            _chunk = new byte[ChunkLength];
        }
    }
}
