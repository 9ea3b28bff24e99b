namespace RaftCluster.Node.Space;

/// <summary>The disk that a folder is on, as far as room goes.</summary>
public interface IVolume
{
    /// <summary>Asks the system; a system call, no walk.</summary>
    /// <exception cref="IOException">The folder is gone, or the disk does not answer.</exception>
    VolumeRoom Read();
}

/// <summary>How much room a disk has.</summary>
/// <param name="Total">Its size in bytes.</param>
/// <param name="Free">How many bytes this process may still take.</param>
public readonly record struct VolumeRoom(long Total, long Free);

/// <summary>The disk that a folder of this machine is on.</summary>
/// <param name="folder">The folder, as a full path.</param>
public sealed class FolderVolume(string folder) : IVolume
{
    // On Unix the system is asked for the folder itself, so a quota of its project counts too; elsewhere for its drive.
    private readonly DriveInfo _drive = new(OperatingSystem.IsWindows() ? Path.GetPathRoot(folder)! : folder);

    /// <inheritdoc/>
    public VolumeRoom Read() => new(_drive.TotalSize, _drive.AvailableFreeSpace);
}
