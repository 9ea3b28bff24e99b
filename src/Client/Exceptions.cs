namespace RaftCluster.Client;

/// <summary>A node refused or failed a request. For a write, <see cref="Outcome"/> says what became of it.</summary>
public class RaftClusterException : Exception
{
    /// <summary>A failure that a node described.</summary>
    /// <param name="problem">What the node said.</param>
    /// <param name="endpoint">The node.</param>
    public RaftClusterException(Problem problem, Uri? endpoint)
        : base((problem ?? throw new ArgumentNullException(nameof(problem))).ToString()) =>
        (Problem, Endpoint, Outcome) = (problem, endpoint, problem.Outcome);

    /// <summary>A failure of which only this side knows.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="outcome">What became of a write.</param>
    /// <param name="endpoint">The node that was asked last.</param>
    /// <param name="inner">The cause.</param>
    public RaftClusterException(string message, Outcome outcome, Uri? endpoint, Exception? inner)
        : base(message, inner) =>
        (Outcome, Endpoint) = (outcome, endpoint);

    /// <summary>What the node said, if it said anything.</summary>
    public Problem? Problem { get; }

    /// <summary>The problem's code, as <c>compacted</c>; null when no node said one.</summary>
    public string? Code => Problem?.Code;

    /// <summary>What became of a write.</summary>
    public Outcome Outcome { get; }

    /// <summary>Whether the node said that the same request may help later.</summary>
    public bool Retryable => Problem?.Retryable ?? false;

    /// <summary>Who leads, as far as the node knew.</summary>
    public LeaderInfo? Leader => Problem?.Leader;

    /// <summary>The node that was asked last.</summary>
    public Uri? Endpoint { get; }
}

/// <summary>No node served the request in time: none could be reached, or there was no leader. A write was certainly not applied.</summary>
public sealed class ClusterUnavailableException : RaftClusterException
{
    /// <summary>The cluster can't serve, as a node described.</summary>
    /// <param name="problem">What the last node said.</param>
    /// <param name="endpoint">That node.</param>
    public ClusterUnavailableException(Problem problem, Uri? endpoint)
        : base(problem, endpoint)
    {
    }

    /// <summary>No node answered.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="endpoint">The node that was asked last.</param>
    /// <param name="inner">The cause.</param>
    public ClusterUnavailableException(string message, Uri? endpoint, Exception? inner)
        : base(message, Outcome.NotApplied, endpoint, inner)
    {
    }
}

/// <summary>
/// Nobody can say whether the write was applied: it may be now, later, or never. With an idempotency key it was tried until
/// the patience was over; the same call with the same key is still safe. Without one it is never sent again by itself: read
/// the row, or write again with a precondition.
/// </summary>
public sealed class OutcomeUnknownException : RaftClusterException
{
    /// <summary>The node itself does not know.</summary>
    /// <param name="problem">What it said.</param>
    /// <param name="endpoint">The node.</param>
    public OutcomeUnknownException(Problem problem, Uri? endpoint)
        : base(problem with { Outcome = Outcome.Unknown }, endpoint)
    {
    }

    /// <summary>The answer did not arrive.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="endpoint">The node.</param>
    /// <param name="inner">The cause.</param>
    public OutcomeUnknownException(string message, Uri? endpoint, Exception? inner)
        : base(message, Outcome.Unknown, endpoint, inner)
    {
    }
}

/// <summary>
/// A fence does not hold (any more), or the row is guarded by a lock and no fence of it was sent: nothing changed. Whoever
/// believed to hold the lock does not.
/// </summary>
public sealed class FencedException : RaftClusterException
{
    /// <summary>The write was fenced off, as the node described.</summary>
    /// <param name="problem">What it said.</param>
    /// <param name="endpoint">The node.</param>
    public FencedException(Problem problem, Uri? endpoint)
        : base(problem, endpoint)
    {
    }
}

/// <summary>The lock is held by another, and the time for waiting is over: nothing changed.</summary>
public sealed class LockHeldException : RaftClusterException
{
    /// <summary>Another holds it.</summary>
    /// <param name="name">The lock.</param>
    /// <param name="held">Who holds it.</param>
    public LockHeldException(string name, LockResult.Held held)
        : base($"The lock '{name}' is held{held?.By}.", Outcome.NotApplied, endpoint: null, inner: null) =>
        (Lock, Holder) = (name, held!);

    /// <summary>The lock.</summary>
    public string Lock { get; }

    /// <summary>Who holds it.</summary>
    public LockResult.Held Holder { get; }
}
