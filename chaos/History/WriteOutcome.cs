namespace RaftCluster.Chaos.History;

/// <summary>What a client knows of its write.</summary>
internal abstract record WriteOutcome
{
    private WriteOutcome()
    {
    }

    /// <summary>The node said it is done.</summary>
    /// <param name="Revision">The revision it was given.</param>
    /// <param name="Version">How many changes the row has seen.</param>
    public sealed record Acknowledged(long Revision, long Version) : WriteOutcome;

    /// <summary>The node said that nothing was done, or could not even be reached.</summary>
    public sealed record Refused(string Why) : WriteOutcome;

    /// <summary>Nobody said anything certain.</summary>
    public sealed record Unknown(string Why) : WriteOutcome;

    /// <summary>An answer that no write may ever get: one that doesn't say what became of it.</summary>
    public sealed record Fault(string Why) : WriteOutcome;
}
