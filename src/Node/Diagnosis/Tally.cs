namespace RaftCluster.Node.Diagnosis;

/// <summary>Counts what happens, from any thread; read by who asks, and never set back.</summary>
public sealed class Tally
{
    private long _count;

    /// <summary>The sum so far.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>Counts.</summary>
    /// <param name="by">How much: at least 0.</param>
    public void Add(long by = 1) => Interlocked.Add(ref _count, by);
}
