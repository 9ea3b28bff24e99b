namespace RaftCluster.Node.Consistency;

/// <summary>Which history this node holds: revisions are comparable only within one.</summary>
/// <param name="ClusterId">The cluster.</param>
/// <param name="Epoch">1, and one more for each backup restored.</param>
public readonly record struct History(ulong ClusterId, int Epoch)
{
    /// <summary>
    /// What stands behind a revision in a feed's cursor, so that one of another history is told from this one's: nothing in
    /// epoch 1, otherwise <c>@epoch-mark</c>, the mark being the upper half of the cluster id, which each restore draws anew.
    /// </summary>
    public string CursorMark => Epoch == 1
        ? ""
        : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"@{Epoch}-{ClusterId >> 32:x8}");

    /// <summary>How people are told which history this is.</summary>
    public override string ToString() =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"cluster {ClusterId:x16}, epoch {Epoch}");

    /// <summary>The token of a session that has seen <paramref name="revision"/>.</summary>
    public SessionToken At(long revision) => new(ClusterId, Epoch, revision);
}
