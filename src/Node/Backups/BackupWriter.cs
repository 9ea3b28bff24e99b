using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Threading.RateLimiting;

namespace RaftCluster.Node.Backups;

/// <summary>Writes a backup into a stream, part by part, at a bounded rate.</summary>
internal sealed class BackupWriter(Stream target, RateLimiter? rate = null) : IDisposable
{
    /// <summary>Small enough to stay out of the large object heap, and below what a rate limiter gives at once.</summary>
    private const int ChunkBytes = 64 << 10;

    private readonly IncrementalHash _all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash _part = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _chunk = new byte[ChunkBytes];

    /// <summary>How many bytes were written.</summary>
    public long Written { get; private set; }

    /// <summary>Writes what the backup says of itself. First of all.</summary>
    public async ValueTask BeginAsync(BackupHeader header, CancellationToken token)
    {
        var json = header.ToJson();
        var bytes = new byte[BackupFormat.FixedBytes + json.Length];
        BackupFormat.Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), BackupFormat.Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), json.Length);
        json.CopyTo(bytes, BackupFormat.FixedBytes);
        await WriteAsync(bytes, token).ConfigureAwait(false);
        await WriteAsync(_all.GetCurrentHash(), token).ConfigureAwait(false);
    }

    /// <summary>Writes a file of the store.</summary>
    /// <exception cref="IOException">It can't be read, or became shorter.</exception>
    public async ValueTask FileAsync(BackupFile file, string path, CancellationToken token)
    {
        var name = Encoding.ASCII.GetBytes(file.Name);
        var head = new byte[2 + name.Length + sizeof(long)];
        (head[0], head[1]) = (BackupFormat.File, (byte)name.Length);
        name.CopyTo(head, 2);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(2 + name.Length), file.Length);
        await WriteAsync(head, token).ConfigureAwait(false);
        using var handle = File.OpenHandle(path);
        for (var at = 0L; at < file.Length;)
        {
            var wanted = (int)Math.Min(ChunkBytes, file.Length - at);
            var read = await RandomAccess.ReadAsync(handle, _chunk.AsMemory(0, wanted), at, token).ConfigureAwait(false);
            if (read == 0)
            {
                throw new IOException($"{path} ends at byte {at}, before its length of {file.Length}");
            }

            await PartAsync(_chunk.AsMemory(0, read), token).ConfigureAwait(false);
            at += read;
        }

        await WriteAsync(_part.GetHashAndReset(), token).ConfigureAwait(false);
    }

    /// <summary>Writes a piece of what an increment holds.</summary>
    public async ValueTask PieceAsync(ReadOnlyMemory<byte> piece, CancellationToken token)
    {
        var head = new byte[1 + sizeof(int)];
        head[0] = BackupFormat.Piece;
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(1), piece.Length);
        await WriteAsync(head, token).ConfigureAwait(false);
        for (var at = 0; at < piece.Length; at += ChunkBytes)
        {
            await PartAsync(piece.Slice(at, Math.Min(ChunkBytes, piece.Length - at)), token).ConfigureAwait(false);
        }

        await WriteAsync(_part.GetHashAndReset(), token).ConfigureAwait(false);
    }

    /// <summary>Ends the backup.</summary>
    /// <returns>The SHA-256 of all of it.</returns>
    public async ValueTask<byte[]> EndAsync(CancellationToken token)
    {
        await WriteAsync(new byte[] { BackupFormat.End }, token).ConfigureAwait(false);
        await WriteAsync(_all.GetCurrentHash(), token).ConfigureAwait(false);
        await target.FlushAsync(token).ConfigureAwait(false);
        return _all.GetHashAndReset();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _all.Dispose();
        _part.Dispose();
    }

    private async ValueTask PartAsync(ReadOnlyMemory<byte> bytes, CancellationToken token)
    {
        if (rate is not null)
        {
            using var permit = await rate.AcquireAsync(bytes.Length, token).ConfigureAwait(false);
        }

        _part.AppendData(bytes.Span);
        await WriteAsync(bytes, token).ConfigureAwait(false);
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken token)
    {
        await target.WriteAsync(bytes, token).ConfigureAwait(false);
        _all.AppendData(bytes.Span);
        Written += bytes.Length;
    }
}
