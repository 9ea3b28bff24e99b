namespace RaftCluster.Tests.EndToEnd.Cluster;

/// <summary>How a node is started.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Data">Its data folder.</param>
/// <param name="Http">Its HTTP address.</param>
/// <param name="Peer">Its address for the other nodes.</param>
/// <param name="Members">All nodes.</param>
/// <param name="Options">Further options.</param>
/// <param name="Join">Whom it asks to join, instead of naming the members; null for nobody.</param>
internal sealed record NodeSettings(string Id, string Data, Uri Http, string Peer, string? Members, IReadOnlyList<string> Options, Uri? Join = null)
{
    /// <summary>Its HTTP address as it is written: without a slash at its end.</summary>
    public string Url => Http.GetLeftPart(UriPartial.Authority);

    /// <summary>The command line.</summary>
    public IEnumerable<string> Arguments =>
    [
        "--node", Id, "--data", Data, "--http", Url, "--peer", Peer,
        .. Members is null ? (string[])[] : ["--members", Members],
        .. Join is null ? (string[])[] : ["--join", Join.GetLeftPart(UriPartial.Authority)],
        "--cluster", "test", .. Options,
    ];
}
