using System.Security.Cryptography;
using RaftCluster.Client;
using RaftCluster.Node.Backups;
using RaftCluster.Tests.Node.Backups;

namespace RaftCluster.Tests.Client;

/// <summary>What a client sees of a backup as it passes by.</summary>
public sealed class BackupTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(4096)]
    public async Task It_is_the_same_in_pieces_of_any_size(int size)
    {
        var bytes = await BytesAsync();
        using var stream = new BackupStream();
        foreach (var piece in bytes.Chunk(size))
        {
            stream.Take(piece);
        }

        var result = stream.End(SHA256.HashData(bytes));
        Assert.Equal((bytes.Length, "n2", 1, "full"), (result.Bytes, result.Info.Node, result.Info.Epoch, result.Info.Kind));
        Assert.Equal(SHA256.HashData(bytes), result.Sha256.ToArray());
        Assert.Equal(result.Info, BackupInfo.Read(new MemoryStream(bytes)) with { Files = result.Info.Files });
    }

    [Fact]
    public async Task It_is_the_same_however_unevenly_it_comes()
    {
        var bytes = await BytesAsync();
        for (var first = 0; first <= bytes.Length; first++)
        {
            for (var last = 0; last <= Math.Min(70, bytes.Length - first); last++)
            {
                byte[][] pieces = [bytes[..first], bytes[first..^last], bytes[^last..]];
                Assert.Equal(SHA256.HashData(bytes), End(pieces, SHA256.HashData(bytes)).Sha256.ToArray());
                Assert.Contains(
                    "the checksums differ",
                    Assert.Throws<InvalidDataException>(() => End(pieces, new byte[32])).Message,
                    StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(100)]
    public async Task What_is_cut_is_not_whole_in_pieces_of_any_size(int size)
    {
        var bytes = await BytesAsync();
        for (var length = 0; length < bytes.Length; length++)
        {
            var cut = bytes[..length];
            Assert.Contains(
                "it is not whole",
                Assert.Throws<InvalidDataException>(() => End([.. cut.Chunk(size)], SHA256.HashData(cut))).Message,
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_is_cut_or_changed_is_not_whole()
    {
        var bytes = await BytesAsync();
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.ThrowsAny<InvalidDataException>(() => End(bytes[..length]));
        }

        for (var at = 0; at < bytes.Length; at++)
        {
            var changed = bytes.ToArray();
            changed[at] ^= 1;
            Assert.ThrowsAny<InvalidDataException>(() => End(changed));
        }

        End(bytes);
        Assert.Contains("the checksums differ", Assert.Throws<InvalidDataException>(() => End(bytes, new byte[32])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://n1:8001", null, "/v1/snapshot")]
    [InlineData("http://n1:8001/", 7L, "/v1/snapshot?since=7")]
    [InlineData("http://gateway/clusters/a", null, "/clusters/a/v1/snapshot")]
    [InlineData("http://gateway/clusters/a/", 7L, "/clusters/a/v1/snapshot?since=7")]
    public async Task It_is_asked_for_below_the_endpoints_path(string endpoint, long? since, string target)
    {
        var bytes = await BytesAsync();
        var script = new Script().Then(_ => Task.FromResult(new HttpResponseMessage { Content = new ByteArrayContent(bytes) }));
        using var client = script.Client(new VirtualTime());
        using var taken = new MemoryStream();

        var result = await client.BackUpAsync(
            new Uri(endpoint), taken, new BackupOptions { Since = since }, cancellation: TestContext.Current.CancellationToken);

        Assert.Equal((target, bytes.Length), (Assert.Single(script.Requests).Target, result.Bytes));
        Assert.Equal(bytes, taken.ToArray());
    }

    private static void End(byte[] bytes, byte[]? digest = null) => End([bytes], digest);

    private static BackupResult End(byte[][] pieces, byte[]? digest)
    {
        using var stream = new BackupStream();
        foreach (var piece in pieces)
        {
            stream.Take(piece);
        }

        return stream.End(digest);
    }

    private static async Task<byte[]> BytesAsync()
    {
        var written = new MemoryStream();
        using var writer = new BackupWriter(written);
        await writer.BeginAsync(BackupFiles.Header, TestContext.Current.CancellationToken);
        await writer.EndAsync(TestContext.Current.CancellationToken);
        return written.ToArray();
    }
}
