using System.Buffers.Binary;
using System.IO.Hashing;
using RaftCluster.Node;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Consensus.Snapshots;
using RaftCluster.Tests.Node.Consensus.StockDefects.Scripted;

namespace RaftCluster.Tests.Node.Log;

/// <summary>
/// What a newer version wrote is no damage: a node that was rolled back too far says so, and sets nothing aside. Each node of a
/// cluster would do so, and nobody would have the rows any more.
/// </summary>
public sealed class NewerFormatTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("newer-format-");

    private string Configuration => Path.Combine(_folder.FullName, ConfigurationStore.FileName);

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_newer_segment_is_left_alone()
    {
        await MakeAsync(storage => storage.Log.Append(1, LogEntryKind.Empty, default));
        var segment = Directory.GetFiles(Path.Combine(_folder.FullName, "log"), LogFolder.SegmentName(1)).Single();
        Change(segment, bytes =>
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), 3);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(64), XxHash3.HashToUInt64(bytes.AsSpan(0, 64)));
        });

        await RefusedAsync($"{segment} has format version 3: a newer version wrote it");
    }

    [Fact]
    public async Task A_newer_kind_of_record_is_left_alone()
    {
        await MakeAsync(storage =>
        {
            storage.Log.Append(1, LogEntryKind.Empty, default);
            storage.Log.Append(1, LogEntryKind.Configuration + 1, new byte[10]);
        });

        await RefusedAsync("has a record of kind 3 at index 2: a newer version wrote it");
    }

    [Theory]
    [InlineData(8, 2, "has format version 2: a newer version wrote it")]
    [InlineData(36, 9, "has a configuration of format 9 at index 1: a newer version wrote it")]
    public async Task A_newer_configuration_is_left_alone(int at, byte newer, string why)
    {
        await MakeAsync(storage => storage.Log.Append(1, LogEntryKind.Empty, default));
        NodeStorage.Join(_folder.FullName, new ConfigurationAt(1, 1, ClusterConfiguration.Initial(Members.Of(3))));
        Change(Configuration, bytes =>
        {
            bytes[at] = newer;
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(bytes.Length - 8), XxHash3.HashToUInt64(bytes.AsSpan(0, bytes.Length - 8)));
        });

        await RefusedAsync($"{Configuration} {why}");
    }

    private static void Change(string file, Action<byte[]> change)
    {
        var bytes = File.ReadAllBytes(file);
        change(bytes);
        File.WriteAllBytes(file, bytes);
    }

    private async Task MakeAsync(Action<NodeStorage> write)
    {
        await using var storage = await NodeStorage.OpenAsync(_folder.FullName, [.. Members.Of(3)]);
        write(storage);
        Assert.True(await storage.Log.SyncAsync(storage.Log.LastIndex));
    }

    private async Task RefusedAsync(string why)
    {
        var before = Files();
        (int Code, string Why) said = default;
        await Assert.ThrowsAsync<LogFailedException>(() => NodeStorage.OpenAsync(
            _folder.FullName, [.. Members.Of(3)], stop: (code, message) => said = (code, message)));
        Assert.Equal(ExitCode.DataFolder, said.Code);
        Assert.Contains(why, said.Why, StringComparison.Ordinal);
        Assert.Equal(before, Files());
    }

    /// <summary>The log's files and those of the members: what a rebuild would set aside.</summary>
    private string[] Files() =>
    [
        .. Directory.GetFiles(_folder.FullName).Concat(Directory.GetFiles(Path.Combine(_folder.FullName, "log"))).Order(StringComparer.Ordinal),
        .. Directory.GetDirectories(_folder.FullName).Order(StringComparer.Ordinal),
    ];
}
