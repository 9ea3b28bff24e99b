using RaftCluster.Node.Consensus.Log.Disk;

namespace RaftCluster.Node.Consensus.Log;

/// <summary>A file read forwards through one buffer.</summary>
internal sealed class FileWindow(IDiskFile file)
{
    private const int WindowBytes = 1 << 20;

    private byte[] _buffer = new byte[Math.Min(WindowBytes, file.Length)];
    private long _start;
    private int _length;

    /// <summary>The bytes from <paramref name="offset"/> on, <paramref name="count"/> of them, or fewer at the end of the file. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Peek(long offset, int count)
    {
        if (offset < _start || offset + count > _start + _length)
        {
            if (_buffer.Length < count)
            {
                _buffer = new byte[count];
            }

            _start = offset;
            _length = file.Read(offset, _buffer);
        }

        var skipped = (int)(offset - _start);
        return _buffer.AsSpan(skipped, Math.Min(count, _length - skipped));
    }

    /// <summary>The first offset at or after <paramref name="offset"/> with a byte that is not zero; null when there is none.</summary>
    public long? FirstNonZero(long offset)
    {
        while (true)
        {
            var ahead = Math.Max(1, (int)Math.Min(WindowBytes, _start + _length - offset));
            var bytes = Peek(offset, ahead);
            if (bytes.IsEmpty)
            {
                return null;
            }

            var found = bytes.IndexOfAnyExcept((byte)0);
            if (found >= 0)
            {
                return offset + found;
            }

            offset += bytes.Length;
        }
    }
}
