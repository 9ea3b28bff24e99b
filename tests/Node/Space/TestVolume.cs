using RaftCluster.Node.Space;

namespace RaftCluster.Tests.Node.Space;

/// <summary>A disk with as much room as a test says.</summary>
internal sealed class TestVolume(long total, long free) : IVolume
{
    private long _free = free;

    public long Free
    {
        get => Volatile.Read(ref _free);
        set => Volatile.Write(ref _free, value);
    }

    /// <summary>What it says instead.</summary>
    public IOException? Fault { get; set; }

    public VolumeRoom Read() => Fault is { } fault ? throw fault : new VolumeRoom(total, Free);
}
