using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace RaftCluster.Node.Backups;

/// <summary>Reads a backup from its beginning to its end, and checks all of it on the way.</summary>
internal sealed class BackupReader : IDisposable
{
    private const int ChunkBytes = 128 << 10;

    private readonly Stream _source;
    private readonly string _name;
    private readonly IncrementalHash _all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _chunk = new byte[ChunkBytes];
    private int _files;

    private BackupReader(Stream source, string name) => (_source, _name) = (source, name);

    /// <summary>What the backup says of itself.</summary>
    public BackupHeader Header { get; private set; } = null!;

    /// <summary>How many bytes were read.</summary>
    public long At { get; private set; }

    /// <summary>Whether the end was reached, and all is in order.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>Opens a backup.</summary>
    /// <exception cref="BackupException">It is none, is damaged, or a newer version made it.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    public static BackupReader Open(string path)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1, FileOptions.SequentialScan);
        return Open(file, path);
    }

    /// <summary>Reads the beginning of a backup, and takes the stream over.</summary>
    /// <param name="source">The stream.</param>
    /// <param name="name">What it is called in complaints.</param>
    public static BackupReader Open(Stream source, string name)
    {
        var reader = new BackupReader(source, name);
        try
        {
            reader.ReadHeader();
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>Reads all files of a full backup, and its end.</summary>
    /// <param name="open">Where a file's bytes go; they are proven to be right only once it is followed by another file, or the end.</param>
    public void ReadFiles(Func<BackupFile, Stream> open)
    {
        while (NextPart() is { } kind)
        {
            if (kind != BackupFormat.File || _files == Header.Files.Length)
            {
                throw Damage(At - 1, "a part begins that does not belong there");
            }

            ReadFile(open);
        }

        if (_files < Header.Files.Length)
        {
            throw Damage(At, $"it ends before {Header.Files[_files].Name}");
        }
    }

    /// <summary>Reads the next piece of an increment, proven to be right.</summary>
    /// <returns>Null when there is none, and all is in order.</returns>
    public byte[]? NextPiece()
    {
        if (IsAtEnd || NextPart() is not { } kind)
        {
            return null;
        }

        if (kind != BackupFormat.Piece)
        {
            throw Damage(At - 1, "a part begins that does not belong there");
        }

        Span<byte> length = stackalloc byte[sizeof(int)];
        var at = At;
        Read(length, "a piece's length");
        var count = BinaryPrimitives.ReadInt32LittleEndian(length);
        if (count is < 1 or > BackupFormat.PieceBytes)
        {
            throw Damage(at, "a piece has an impossible length");
        }

        var piece = new byte[count];
        Read(piece, "a piece");
        CheckHash(SHA256.HashData(piece), at, "a piece");
        return piece;
    }

    /// <summary>What is wrong with the backup, and where.</summary>
    public BackupException Damage(long at, string what) => new($"{_name} is damaged: byte {at}: {what}");

    /// <inheritdoc/>
    public void Dispose()
    {
        _source.Dispose();
        _all.Dispose();
    }

    private void ReadHeader()
    {
        var start = new byte[BackupFormat.FixedBytes];
        var got = _source.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        if (got < start.Length || !start.AsSpan(0, 8).SequenceEqual(BackupFormat.Magic))
        {
            throw new BackupException($"{_name} is no backup: it does not begin like one");
        }

        _all.AppendData(start);
        At = start.Length;
        var format = BinaryPrimitives.ReadInt32LittleEndian(start.AsSpan(8));
        var length = BinaryPrimitives.ReadInt32LittleEndian(start.AsSpan(12));
        if (format != BackupFormat.Version)
        {
            throw new BackupException($"{_name} is of format {format}; this version reads {BackupFormat.Version}");
        }

        if (length is < 2 or > BackupFormat.MaximumHeader)
        {
            throw Damage(12, "the header has an impossible length");
        }

        var json = new byte[length];
        Read(json, "the header");
        CheckHash(_all.GetCurrentHash(), BackupFormat.FixedBytes, "the header");
        try
        {
            Header = BackupHeader.Read(json);
        }
        catch (JsonException other)
        {
            throw new BackupException($"{_name} has a header that this version can't read: {other.Message}");
        }
    }

    private byte? NextPart()
    {
        Span<byte> kind = stackalloc byte[1];
        Read(kind, "the next part");
        if (kind[0] != BackupFormat.End)
        {
            return kind[0];
        }

        var at = At - 1;
        CheckHash(_all.GetCurrentHash(), at, "the whole backup");
        if (_source.Read(_chunk, 0, 1) > 0)
        {
            throw Damage(At, "something follows its end");
        }

        IsAtEnd = true;
        return null;
    }

    private void ReadFile(Func<BackupFile, Stream> open)
    {
        var at = At;
        var file = Header.Files[_files];
        Span<byte> head = stackalloc byte[1 + file.Name.Length + sizeof(long)];
        Read(head, file.Name);
        if (head[0] != file.Name.Length
            || Encoding.ASCII.GetString(head.Slice(1, file.Name.Length)) != file.Name
            || BinaryPrimitives.ReadInt64LittleEndian(head[(1 + file.Name.Length)..]) != file.Length)
        {
            throw Damage(at, $"another file than {file.Name} of {file.Length} bytes begins");
        }

        at = At;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var target = open(file);
        for (var left = file.Length; left > 0;)
        {
            var chunk = _chunk.AsSpan(0, (int)Math.Min(ChunkBytes, left));
            Read(chunk, file.Name);
            hash.AppendData(chunk);
            target.Write(chunk);
            left -= chunk.Length;
        }

        CheckHash(hash.GetHashAndReset(), at, file.Name);
        _files++;
    }

    private void CheckHash(ReadOnlySpan<byte> computed, long at, string what)
    {
        Span<byte> stated = stackalloc byte[BackupFormat.HashBytes];
        var end = At;
        Read(stated, $"the checksum of {what}");
        if (!computed.SequenceEqual(stated))
        {
            throw Damage(at, $"{what}, up to byte {end}, does not have the SHA-256 that follows it");
        }
    }

    private void Read(Span<byte> bytes, string what)
    {
        var read = _source.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (read < bytes.Length)
        {
            throw new BackupException($"{_name} is cut short: it ends at byte {At + read}, in {what}");
        }

        _all.AppendData(bytes);
        At += bytes.Length;
    }
}
