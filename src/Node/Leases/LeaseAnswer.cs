namespace RaftCluster.Node.Leases;

/// <summary>What the leader knows of a lease.</summary>
public abstract record LeaseAnswer
{
    private LeaseAnswer()
    {
    }

    /// <summary>It lives.</summary>
    /// <param name="Term">How long it lives without a sign of life.</param>
    /// <param name="Remaining">How long it has now, at least.</param>
    public sealed record Alive(TimeSpan Term, TimeSpan Remaining) : LeaseAnswer;

    /// <summary>There is no such lease.</summary>
    public sealed record Absent : LeaseAnswer;

    /// <summary>Its time was over: its end is proposed, and whatever comes of that, it can't be kept alive meanwhile.</summary>
    public sealed record Ending : LeaseAnswer;

    /// <summary>This node does not lead, or could not prove in time that it does.</summary>
    public sealed record NotLeader : LeaseAnswer;
}
