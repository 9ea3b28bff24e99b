using RaftCluster.Node.Backups;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Replay;
using RaftCluster.Tests.Node.Log;
using TemporaryFolder = RaftCluster.Tests.StateMachine.TemporaryFolder;

namespace RaftCluster.Tests.Node.Backups;

/// <summary>What docs/formats/backup.md says, in bytes.</summary>
public sealed class BackupFormatTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_full_backup_has_the_bytes_of_format_1() => Golden.Matches("full-1.hex", await FullAsync());

    [Fact]
    public async Task An_increment_has_the_bytes_of_format_1() => Golden.Matches("increment-1.hex", await IncrementAsync());

    [Fact]
    public async Task What_was_written_comes_out()
    {
        using var reader = BackupReader.Open(new MemoryStream(await FullAsync()), "b");
        var files = new Dictionary<string, MemoryStream>();
        reader.ReadFiles(file => files[file.Name] = new MemoryStream());
        Assert.Equal(2, reader.Header.Files.Length);
        Assert.Equal("MANIFEST-000004\n"u8.ToArray(), files["CURRENT"].ToArray());
        Assert.Equal(100, files["000012.sst"].ToArray().Length);
        Assert.True(reader.IsAtEnd);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Every_changed_byte_is_found(bool full)
    {
        var whole = full ? await FullAsync() : await IncrementAsync();
        Assert.Null(Fault(whole, full));
        for (var at = 0; at < whole.Length; at++)
        {
            foreach (var bit in (byte[])[0x01, 0x80])
            {
                var changed = whole.ToArray();
                changed[at] ^= bit;
                Assert.True(Fault(changed, full) is not null, $"byte {at} of {whole.Length}, changed by {bit}");
            }
        }
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_backup_cut_anywhere_or_with_more_behind_it_is_refused(bool full)
    {
        var whole = full ? await FullAsync() : await IncrementAsync();
        for (var length = 0; length < whole.Length; length++)
        {
            Assert.True(Fault(whole[..length], full) is not null, $"{length} bytes of {whole.Length}");
        }

        Assert.Contains("something follows its end", Fault([.. whole, 0], full), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_complaint_says_what_is_wrong_and_where()
    {
        var whole = await FullAsync();
        Assert.Equal("b is no backup: it does not begin like one", Fault([.. "something else"u8], full: true));
        Assert.Equal("b is of format 2; this version reads 1", Fault([.. whole[..8], 2, 0, 0, 0, .. whole[12..]], full: true));
        Assert.Equal($"b is cut short: it ends at byte {whole.Length - 1}, in the checksum of the whole backup", Fault(whole[..^1], full: true));
        var content = whole.AsSpan().IndexOf("MANIFEST-000004\n"u8);
        var changed = whole.ToArray();
        changed[content] ^= 1;
        Assert.Equal(
            $"b is damaged: byte {content}: CURRENT, up to byte {content + 16}, does not have the SHA-256 that follows it",
            Fault(changed, full: true));
    }

    [Theory]
    [InlineData("../store.current")]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("nul\0")]
    public async Task A_file_that_would_leave_its_folder_is_refused(string name)
    {
        var written = new MemoryStream();
        using (var writer = new BackupWriter(written))
        {
            await writer.BeginAsync(Header(new BackupFile(name, 1)), TestContext.Current.CancellationToken);
        }

        Assert.Contains("a file named", Fault(written.ToArray(), full: true), StringComparison.Ordinal);
    }

    private static BackupHeader Header(params BackupFile[] files) =>
        BackupFiles.Header.At(new AppliedPosition(9, 3, 8, 0xabcdef, 1_700_000_000_000_000), 2) with { Files = [.. files] };

    private static string? Fault(byte[] bytes, bool full)
    {
        try
        {
            using var reader = BackupReader.Open(new MemoryStream(bytes), "b");
            if (full)
            {
                reader.ReadFiles(_ => new MemoryStream());
            }
            else
            {
                new IncrementReplay(reader, target: null).Run();
            }

            return null;
        }
        catch (BackupException damaged)
        {
            return damaged.Message;
        }
    }

    private async Task<byte[]> FullAsync()
    {
        await File.WriteAllTextAsync(_folder.Sub("CURRENT"), "MANIFEST-000004\n", TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(
            _folder.Sub("000012.sst"), [.. Enumerable.Range(0, 100).Select(i => (byte)i)], TestContext.Current.CancellationToken);
        var written = new MemoryStream();
        using var writer = new BackupWriter(written);
        var header = Header(new BackupFile("000012.sst", 100), new BackupFile("CURRENT", 16));
        var hash = await BackupContent.WriteFullAsync(writer, header, _folder.Path, TestContext.Current.CancellationToken);
        Assert.Equal(System.Security.Cryptography.SHA256.HashData(written.ToArray()), hash);
        Assert.Equal(written.Length, writer.Written);
        return written.ToArray();
    }

    private static async Task<byte[]> IncrementAsync()
    {
        var encoder = new IncrementEncoder();
        encoder.Add(new RecordedTransaction(7, 2, 8, 1_700_000_000_000_000), 2);
        encoder.Add(ChangeOperation.Insert, "kv"u8, "a"u8, new Row("a"u8.ToArray(), "one"u8.ToArray(), "text/plain", 7, 7, 1, 5));
        encoder.Add(ChangeOperation.Delete, "users"u8, "ada"u8, null);
        encoder.Add(new RecordedTransaction(8, 3, 9, 1_700_000_000_000_001), 1);
        encoder.Add(ChangeOperation.Update, "kv"u8, "b"u8, new Row("b"u8.ToArray(), "two"u8.ToArray(), null, 8, 3, 2, 0));
        encoder.Add(new KeptOutcomeRecord(1_700_000_000_000_001, "key"u8.ToArray(), "record"u8.ToArray()));
        encoder.End(new KeptOutcomeRecord(1_600_000_000_000_000, "first"u8.ToArray(), default));
        var written = new MemoryStream();
        using var writer = new BackupWriter(written);
        var header = Header() with { Kind = BackupHeader.Increment, Since = 6, Files = default };
        await writer.BeginAsync(header, TestContext.Current.CancellationToken);
        Assert.False(encoder.TryTake(out _));
        Assert.True(encoder.TryTakeLast(out var piece));
        await writer.PieceAsync(piece, TestContext.Current.CancellationToken);
        Assert.False(encoder.TryTakeLast(out _));
        await writer.EndAsync(TestContext.Current.CancellationToken);
        return written.ToArray();
    }
}
