using System.Globalization;
using System.Threading.RateLimiting;

namespace RaftCluster.Node.Backups;

/// <summary>A backup that has only to be written; it holds what it is made of until it is disposed.</summary>
internal sealed class PreparedBackup(
    BackupHeader header, RateLimiter? rate, IDisposable held, Func<BackupWriter, CancellationToken, Task<byte[]>> write) : IDisposable
{
    /// <summary>What it says of itself.</summary>
    public BackupHeader Header => header;

    /// <summary>What its file is called when nobody says.</summary>
    public string FileName => NameOf(header);

    /// <summary>Writes it.</summary>
    /// <returns>Its length in bytes, and the SHA-256 of all of it.</returns>
    public async Task<(long Bytes, byte[] Hash)> WriteAsync(Stream target, CancellationToken token)
    {
        using var writer = new BackupWriter(target, rate);
        var hash = await write(writer, token).ConfigureAwait(false);
        return (writer.Written, hash);
    }

    /// <inheritdoc/>
    public void Dispose() => held.Dispose();

    /// <summary>A name that sorts by epoch, time and revision, and tells an increment from a full backup.</summary>
    public static string NameOf(BackupHeader header) => string.Create(
        CultureInfo.InvariantCulture,
        $"{header.Cluster}-{header.Node}-e{header.Epoch}-{header.CreatedAt.UtcDateTime:yyyyMMdd'T'HHmmssfff'Z'}-r{header.Revision}"
            + $"{(header.IsIncrement ? $"-since{header.Since}" : "")}{BackupFormat.Suffix}");
}
