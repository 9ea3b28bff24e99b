using RaftCluster.Node.Consensus.Log.Disk;

namespace RaftCluster.Node.Consensus.Elections;

/// <summary>A small file of the data folder that says that this node is drained: a restart does not end its maintenance.</summary>
/// <param name="disk">The disk.</param>
/// <param name="data">The data folder.</param>
internal sealed class DrainMark(IDisk disk, string data)
{
    /// <summary>Its name in the data folder.</summary>
    public const string FileName = "drained";

    private readonly string _path = Path.Combine(data, FileName);

    /// <summary>Whether it is there.</summary>
    public bool IsSet => SmallFile.Read(disk, _path) is not null;

    /// <summary>Makes or removes it, on the disk when this returns.</summary>
    /// <exception cref="DiskException">The disk failed.</exception>
    public void Set(bool drained)
    {
        if (drained)
        {
            SmallFile.Replace(disk, _path, "drained\n"u8);
        }
        else
        {
            disk.Delete(_path);
            disk.SyncFolder(data);
        }
    }
}
