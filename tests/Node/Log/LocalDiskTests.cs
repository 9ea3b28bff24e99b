using RaftCluster.Node.Consensus.Log.Disk;

namespace RaftCluster.Tests.Node.Log;

public sealed class LocalDiskTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_is_written_read_allocated_cut_and_renamed()
    {
        var disk = LocalDisk.Instance;
        var folder = Path.Combine(_folder.Path, "a", "b");
        disk.CreateFolder(folder);
        using (var file = disk.Open(Path.Combine(folder, "x"), DiskOpen.Create))
        {
            file.Allocate(10_000);
            Assert.Equal(10_000, file.Length);
            file.Write(9_998, "1234"u8);
            file.Sync();
            var read = new byte[10];
            Assert.Equal(4, file.Read(9_998, read));
            Assert.Equal("1234"u8.ToArray(), read[..4]);
            Assert.Equal(0, file.Read(20_000, read));
            file.SetLength(9_999);
            file.Rename(Path.Combine(folder, "y"));
            Assert.Equal(Path.Combine(folder, "y"), file.Path);
            disk.SyncFolder(folder);
        }

        Assert.Equal(["y"], disk.List(folder));
        disk.Delete(Path.Combine(folder, "y"));
        Assert.Empty(disk.List(folder));
    }

    [Fact]
    public void Errors_name_the_operation_the_file_and_the_system_s_text()
    {
        var disk = LocalDisk.Instance;
        var missing = Path.Combine(_folder.Path, "missing");

        Assert.Contains(missing, Assert.Throws<DiskException>(() => disk.Open(missing, DiskOpen.Read)).Message, StringComparison.Ordinal);
        Assert.Contains(missing, Assert.Throws<DiskException>(() => disk.List(missing)).Message, StringComparison.Ordinal);
        Assert.Contains(missing, Assert.Throws<DiskException>(() => disk.Rename(missing, missing + "2")).Message, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Contains(missing, Assert.Throws<DiskException>(() => disk.SyncFolder(missing)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_full_disk_is_told_from_a_broken_one()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "needs a device that is always full");
        using var file = LocalDisk.Instance.Open("/dev/full", DiskOpen.ReadWrite);

        var thrown = Assert.Throws<DiskException>(() => file.Write(0, "x"u8));

        Assert.True(thrown.IsFull);
        Assert.Contains("/dev/full", thrown.Message, StringComparison.Ordinal);
        Assert.False(DiskException.FromErrno("sync", "/x", null, 5).IsFull);
    }

    [Fact]
    public void A_sync_that_fails_is_noticed()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs a file that refuses fdatasync");
        using var file = LocalDisk.Instance.Open("/proc/self/comm", DiskOpen.Read);

        Assert.Contains("sync of /proc/self/comm failed", Assert.Throws<DiskException>(file.Sync).Message, StringComparison.Ordinal);
    }
}
