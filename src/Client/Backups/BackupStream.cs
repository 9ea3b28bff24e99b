using System.Security.Cryptography;

namespace RaftCluster.Client;

/// <summary>Looks at a backup as it passes by: its beginning, its length, its checksums.</summary>
internal sealed class BackupStream : IDisposable
{
    private const int HashBytes = 32;
    private const byte EndMark = 0;

    private readonly IncrementalHash _content = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<byte> _start = [];

    // The last bytes so far: at the end they are the checksum of everything before.
    private byte[] _tail = [];

    // The byte before them. A header ends like a whole backup, but for the mark of the end.
    private byte _before = byte.MaxValue;

    /// <summary>What it says of itself; null until that has come.</summary>
    internal BackupInfo? Info { get; private set; }

    /// <summary>How many bytes have come.</summary>
    internal long Length { get; private set; }

    /// <summary>Takes the next bytes.</summary>
    /// <exception cref="InvalidDataException">It is no backup, or its beginning is damaged.</exception>
    internal void Take(ReadOnlySpan<byte> bytes)
    {
        Length += bytes.Length;
        if (Info is null)
        {
            _start.AddRange(bytes);
            var start = _start.ToArray();
            if (BackupInfo.LengthOf(start) is > 0 and var length && start.Length >= length)
            {
                Info = BackupInfo.Parse(start.AsSpan(0, length));
                _start.Clear();
            }
        }

        if (bytes.Length > HashBytes)
        {
            // Not put together with the tail: a long piece is read where it is.
            _content.AppendData(_tail);
            _content.AppendData(bytes[..^HashBytes]);
            _before = bytes[^(HashBytes + 1)];
            _tail = bytes[^HashBytes..].ToArray();
            return;
        }

        byte[] seen = [.. _tail, .. bytes];
        var certain = Math.Max(0, seen.Length - HashBytes);
        _content.AppendData(seen.AsSpan(0, certain));
        _before = certain > 0 ? seen[certain - 1] : _before;
        _tail = seen[certain..];
    }

    /// <summary>Ends it.</summary>
    /// <param name="digest">What the node says is the SHA-256 of all of it; null when it did not say.</param>
    /// <exception cref="InvalidDataException">It is not whole, or what came is not what was sent.</exception>
    internal BackupResult End(byte[]? digest)
    {
        var content = _content.GetCurrentHash();
        _content.AppendData(_tail);
        var whole = _content.GetHashAndReset();
        if (Info is not { } info || _before != EndMark || !content.AsSpan().SequenceEqual(_tail))
        {
            throw new InvalidDataException("it is not whole: it does not end with the checksum of what is before");
        }

        return digest is null || digest.AsSpan().SequenceEqual(whole)
            ? new BackupResult(info, Length, whole)
            : throw new InvalidDataException("what came is not what the node sent: the checksums differ");
    }

    /// <inheritdoc/>
    public void Dispose() => _content.Dispose();
}
