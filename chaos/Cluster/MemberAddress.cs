namespace RaftCluster.Chaos.Cluster;

/// <summary>Where a node is.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Url">Where its API is.</param>
/// <param name="Peer">Where it listens for the other nodes.</param>
internal sealed record MemberAddress(string Id, Uri Url, string Peer)
{
    /// <summary>Some nodes, n1, n2, …, on free ports.</summary>
    public static IReadOnlyList<MemberAddress> Make(int count)
    {
        var ports = FreePorts.Find(2 * count);
        return [.. Enumerable.Range(0, count).Select(at =>
            new MemberAddress($"n{at + 1}", new Uri($"http://127.0.0.1:{ports[at]}"), $"127.0.0.1:{ports[count + at]}"))];
    }

    /// <summary>As a list of members has it.</summary>
    public override string ToString() => $"{Id}={Url.GetLeftPart(UriPartial.Authority)}/{Peer}";
}
