using RaftCluster.Node.Consensus.Log.Disk;

namespace RaftCluster.Tests.Node.Log.Simulation;

/// <summary>A file's content twice: as programs see it, and as it is on the disk. Sectors that differ are dirty.</summary>
internal sealed class SimulatedFile
{
    public const int SectorBytes = 512;

    private readonly SortedSet<int> _dirty = [];
    private byte[] _durable = [];

    public byte[] Seen { get; private set; } = [];

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        if (Seen.Length < offset + bytes.Length)
        {
            Resize((int)offset + bytes.Length);
        }

        bytes.CopyTo(Seen.AsSpan((int)offset));
        for (var sector = (int)offset / SectorBytes; sector * SectorBytes < offset + bytes.Length; sector++)
        {
            _dirty.Add(sector);
        }
    }

    public void Resize(int length)
    {
        for (var sector = length / SectorBytes; sector * SectorBytes < Seen.Length; sector++)
        {
            _dirty.Add(sector);
        }

        var resized = new byte[length];
        Seen.AsSpan(0, Math.Min(length, Seen.Length)).CopyTo(resized);
        Seen = resized;
    }

    public void Sync()
    {
        _durable = Merge(Seen.Length, _ => true);
        _dirty.Clear();
    }

    /// <summary>As Linux does it: what could not be written is forgotten, and passes for written from now on.</summary>
    public void FailSync() => _dirty.Clear();

    /// <summary>The file after a power loss.</summary>
    public SimulatedFile AfterCrash(Survival survival, Random random)
    {
        var length = survival switch
        {
            Survival.Nothing => _durable.Length,
            Survival.Everything => Seen.Length,
            _ => random.Next(2) == 0 ? _durable.Length : Seen.Length,
        };
        var half = _dirty.Count / 2;
        var survivors = _dirty.Where((_, position) => survival switch
        {
            Survival.Nothing => false,
            Survival.Everything => true,
            Survival.EarlierSectors => position <= half,
            Survival.LaterSectors => position >= half,
            _ => random.Next(2) == 0,
        }).ToHashSet();
        var content = Merge(length, survivors.Contains);
        return new SimulatedFile { Seen = content, _durable = (byte[])content.Clone() };
    }

    /// <summary>A copy which differs from this in nothing.</summary>
    public SimulatedFile Clone()
    {
        var clone = new SimulatedFile { Seen = (byte[])Seen.Clone(), _durable = (byte[])_durable.Clone() };
        clone._dirty.UnionWith(_dirty);
        return clone;
    }

    private byte[] Merge(int length, Func<int, bool> survives)
    {
        var merged = new byte[length];
        _durable.AsSpan(0, Math.Min(length, _durable.Length)).CopyTo(merged);
        foreach (var sector in _dirty.Where(survives))
        {
            var begin = sector * SectorBytes;
            var end = Math.Min(Math.Min(begin + SectorBytes, length), Seen.Length);
            if (begin < end)
            {
                Seen.AsSpan(begin, end - begin).CopyTo(merged.AsSpan(begin));
            }
        }

        return merged;
    }
}

/// <summary>What of the unsynced survives a power loss.</summary>
internal enum Survival
{
    /// <summary>Nothing does.</summary>
    Nothing,

    /// <summary>All of it does, as when only the process died.</summary>
    Everything,

    /// <summary>The earlier half of the sectors.</summary>
    EarlierSectors,

    /// <summary>The later half of the sectors.</summary>
    LaterSectors,

    /// <summary>Any sectors and names, by the seed.</summary>
    Any,
}

/// <summary>The power is gone: no call reaches the disk any more.</summary>
internal sealed class PowerLostException : Exception
{
    public PowerLostException()
        : base("power lost")
    {
    }
}

/// <summary>An open file of a <see cref="SimulatedDisk"/>.</summary>
internal sealed class SimulatedHandle(SimulatedDisk disk, SimulatedFile file, string path) : IDiskFile
{
    private bool _closed;

    public string Path { get; private set; } = path;

    public long Length => disk.Look(() => file.Seen.Length);

    public int Read(long offset, Span<byte> buffer)
    {
        var bytes = disk.Read(file, Path);
        ObjectDisposedException.ThrowIf(_closed, this);
        var count = (int)Math.Clamp(bytes.Length - offset, 0, buffer.Length);
        bytes.AsSpan((int)Math.Min(offset, bytes.Length), count).CopyTo(buffer);
        return count;
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        var copy = bytes.ToArray();
        disk.Change("write", Path, () => file.Write(offset, copy));
    }

    public void Sync() => disk.Sync(Path, file.Sync, file.FailSync);

    public void Allocate(long length)
    {
        if (Length < length)
        {
            disk.Change("allocation", Path, () => file.Resize((int)length));
        }
    }

    public void SetLength(long length) => disk.Change("resizing", Path, () => file.Resize((int)length));

    public void Rename(string to)
    {
        disk.Rename(Path, to);
        Path = to;
    }

    public void Dispose() => _closed = true;
}
