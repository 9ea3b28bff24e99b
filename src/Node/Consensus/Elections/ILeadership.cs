namespace RaftCluster.Node.Consensus.Elections;

/// <summary>Who leads, by an operator's will.</summary>
public interface ILeadership
{
    /// <summary>
    /// Hands the leadership over, while this node has it. Writes wait from the moment at which nothing new is taken until
    /// the other node leads, or it is certain that it won't; then this node goes on leading.
    /// </summary>
    /// <param name="to">The id of the node that is to lead; null for the one that has the most of the log.</param>
    /// <param name="patience">Cancelled when the caller waits no longer; what has begun is finished then, in a bounded time.</param>
    ValueTask<LeadershipResult> HandOverAsync(string? to, CancellationToken patience);

    /// <summary>Lets this node stand for election, whatever its mode, when no leader can be proven to lead.</summary>
    /// <param name="patience">Cancelled when the caller waits no longer.</param>
    ValueTask<LeadershipResult> FailOverAsync(CancellationToken patience);

    /// <summary>
    /// Leaves leading to the others, or ends that: a drained node hands over, and does not stand for election. It votes and
    /// replicates, and stays drained over restarts.
    /// </summary>
    /// <param name="drained">Whether it is to be drained.</param>
    /// <param name="patience">Cancelled when the caller waits no longer.</param>
    ValueTask<LeadershipResult> DrainAsync(bool drained, CancellationToken patience);
}

/// <summary>What came of it.</summary>
public abstract record LeadershipResult
{
    private LeadershipResult()
    {
    }

    /// <summary>It is so.</summary>
    /// <param name="Leader">Who leads now; null when nobody is known to.</param>
    public sealed record Done(Member? Leader) : LeadershipResult;

    /// <summary>This node does not lead: whoever does can do it. Nothing was done.</summary>
    public sealed record NotLeader : LeadershipResult;

    /// <summary>It can't be done now.</summary>
    /// <param name="Why">Why, in a sentence without its end.</param>
    public sealed record Refused(string Why) : LeadershipResult;
}
