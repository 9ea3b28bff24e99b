using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Faults;

/// <summary>What a fault did, while it does it.</summary>
internal sealed class FaultReport
{
    private readonly Lock _lock = new();
    private readonly List<string> _details = [];

    /// <summary>The nodes it meets.</summary>
    public IReadOnlyList<string> Nodes { get; private set; } = [];

    /// <summary>Whether it took effect, as far as is known.</summary>
    public Effect Effect { get; private set; } = Effect.Indeterminate;

    /// <summary>How often all nodes were ended at once.</summary>
    public int KilledAll { get; set; }

    /// <summary>How often the power of all disks was cut at once.</summary>
    public int PowerLostAll { get; set; }

    /// <summary>How many bits were turned.</summary>
    public int BitsTurned { get; set; }

    /// <summary>How many of them were noticed.</summary>
    public int BitsNoticed { get; set; }

    /// <summary>What was done and seen.</summary>
    public string Detail
    {
        get
        {
            lock (_lock)
            {
                return string.Join("; ", _details);
            }
        }
    }

    /// <summary>Whom it meets.</summary>
    public void Meets(params IEnumerable<string> nodes) => Nodes = [.. nodes];

    /// <summary>Something that was seen.</summary>
    public void Say(string what)
    {
        lock (_lock)
        {
            _details.Add(what);
        }
    }

    /// <summary>It took effect.</summary>
    public void TookEffect(string what)
    {
        Effect = Effect.Installed;
        Say(what);
    }

    /// <summary>It could not be tried.</summary>
    public void Skip(string why)
    {
        Effect = Effect.Skipped;
        Say(why);
    }
}
