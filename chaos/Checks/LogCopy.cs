namespace RaftCluster.Chaos.Checks;

/// <summary>An entry as a node's disk has it.</summary>
/// <param name="Term">Its term.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="PayloadHash">A hash of what it says.</param>
/// <param name="Keys">The keys that it writes.</param>
internal sealed record LoggedEntry(long Term, string Kind, string PayloadHash, IReadOnlyList<string> Keys);

/// <summary>A node's log, read from its disk.</summary>
internal sealed class LogCopy
{
    private readonly Dictionary<long, LoggedEntry> _entries = [];

    /// <summary>The entries, by index.</summary>
    public IReadOnlyDictionary<long, LoggedEntry> Entries => _entries;

    /// <summary>The last index; 0 when there is none.</summary>
    public long Last { get; private set; }

    /// <summary>The index before the first one: what is at and before it was cut, for the rows on the disk have it; 0 when nothing was.</summary>
    public long Floor { get; private set; }

    /// <summary>What is wrong with it.</summary>
    public List<string> Damage { get; } = [];

    /// <summary>Takes the beginning of a segment: of the first one, it says where the log begins.</summary>
    public void Begin(long baseIndex)
    {
        if (Last == 0)
        {
            (Floor, Last) = (baseIndex, baseIndex);
        }
    }

    /// <summary>Takes a record: it replaces what stood at and after its index.</summary>
    public void Write(long index, LoggedEntry entry)
    {
        for (; Last >= index; Last--)
        {
            _entries.Remove(Last);
        }

        _entries.Add(index, entry);
        (Floor, Last) = (Math.Min(Floor, index - 1), index);
    }
}
