namespace RaftCluster.Node.Consistency;

/// <summary>Which history this node holds: revisions are comparable only within one.</summary>
/// <param name="ClusterId">The cluster.</param>
/// <param name="Epoch">1, and one more for each backup restored.</param>
public readonly record struct History(ulong ClusterId, int Epoch)
{
    /// <summary>The token of a session that has seen <paramref name="revision"/>.</summary>
    public SessionToken At(long revision) => new(ClusterId, Epoch, revision);
}
