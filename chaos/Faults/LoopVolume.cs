using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RaftCluster.Chaos.Faults;

/// <summary>
/// A disk whose power can be cut: an ext4 file system of its own, in a file, with the mount options that are the default.
/// What was not synced when the power goes is not there when the file system is mounted again.
/// </summary>
internal sealed class LoopVolume : IAsyncDisposable
{
    /// <summary><c>EXT4_IOC_SHUTDOWN</c>.</summary>
    private const uint Shutdown = 0x8004587D;

    /// <summary><c>EXT4_GOING_FLAGS_NOLOGFLUSH</c>: not even the journal is written.</summary>
    private const uint WithoutLogFlush = 2;

    private readonly string _image;
    private SafeFileHandle? _root;
    private bool _isMounted;

    private LoopVolume(string image, string folder) => (_image, Folder) = (image, folder);

    /// <summary>Where it is mounted.</summary>
    public string Folder { get; }

    /// <summary>Makes one and mounts it.</summary>
    /// <param name="folder">Where its image, <c>NAME.img</c>, and its mount point, <c>NAME</c>, go.</param>
    /// <param name="name">Its name.</param>
    /// <param name="bytes">Its size; the image takes only what is written.</param>
    /// <exception cref="HarnessException">This machine can't.</exception>
    public static async Task<LoopVolume> CreateAsync(string folder, string name, long bytes)
    {
        var volume = new LoopVolume(Path.Combine(folder, $"{name}.img"), Path.Combine(folder, name));
        Directory.CreateDirectory(volume.Folder);
        using (var image = File.OpenHandle(volume._image, FileMode.CreateNew, FileAccess.Write))
        {
            RandomAccess.SetLength(image, bytes);
        }

        await Tool.RunAsync("mkfs.ext4", "-q", "-F", volume._image);
        await volume.MountAsync();
        return volume;
    }

    /// <summary>Mounts it, which replays the journal after a loss of power.</summary>
    /// <exception cref="HarnessException">It can't be mounted.</exception>
    public async Task MountAsync()
    {
        await Tool.RunAsync("mount", "-t", "ext4", "-o", "loop", _image, Folder);
        _isMounted = true;
        var descriptor = LinuxCalls.Open(Folder, LinuxCalls.CloseOnExec);
        if (descriptor < 0)
        {
            throw new HarnessException($"{Folder} can't be opened: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        _root = new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>Cuts the power: from now on every write and sync fails, and what was not synced is lost.</summary>
    /// <exception cref="HarnessException">This file system can't.</exception>
    public void CutPower()
    {
        var flags = WithoutLogFlush;
        if (LinuxCalls.IoCtl(Root, Shutdown, ref flags) != 0)
        {
            throw new HarnessException($"the power of {Folder} can't be cut: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    /// <summary>Puts everything on the disk, as the system does by itself in time.</summary>
    public void SyncAll()
    {
        if (LinuxCalls.SyncFs(Root) != 0)
        {
            throw new HarnessException($"{Folder} can't be synced: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    /// <summary>Unmounts it; nobody uses it any more.</summary>
    /// <exception cref="HarnessException">Somebody does.</exception>
    public async Task UnmountAsync()
    {
        _root?.Dispose();
        _root = null;
        await Tool.RunAsync("umount", Folder);
        _isMounted = false;
    }

    /// <summary>Unmounts it, whoever uses it; the image stays.</summary>
    public async ValueTask DisposeAsync()
    {
        _root?.Dispose();
        _root = null;
        if (_isMounted && await Tool.TryAsync("umount", Folder) is not null)
        {
            await Tool.RunAsync("umount", "-l", Folder);
        }

        _isMounted = false;
    }

    private SafeFileHandle Root => _root ?? throw new InvalidOperationException($"{Folder} is not mounted");
}
