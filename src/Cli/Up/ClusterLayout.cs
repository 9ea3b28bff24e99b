using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace RaftCluster.Cli.Up;

/// <summary>One node of a cluster on this machine.</summary>
internal sealed record NodePlace(string Id, Uri Http, string Peer, string Data)
{
    /// <summary>What its process said.</summary>
    internal string Log => Path.Combine(Data, "node.log");

    internal int PeerPort => int.Parse(Peer.AsSpan(Peer.LastIndexOf(':') + 1), CultureInfo.InvariantCulture);
}

/// <summary>What is asked for on the command line; null where nothing was said.</summary>
internal sealed record LayoutWish(string Folder, int? Nodes, int? HttpPort, int? PeerPort);

/// <summary>
/// Which nodes a folder holds, kept in its <c>raftctl.json</c>, so that a second <c>up</c> continues the same cluster.
/// The cluster's name is random: nodes of two folders never take each other for members.
/// </summary>
internal sealed record ClusterLayout(string Folder, string Cluster, ImmutableArray<NodePlace> Nodes)
{
    internal const int DefaultNodes = 3;
    internal const int DefaultHttpPort = 8001;
    internal const int DefaultPeerPort = 7001;

    private const int Format = 1;
    private const string FileName = "raftctl.json";

    /// <summary>The members as a node's <c>--members</c> wants them.</summary>
    internal string Members =>
        string.Join(',', Nodes.Select(node => $"{node.Id}={node.Http.GetLeftPart(UriPartial.Authority)}/{node.Peer}"));

    /// <summary>Reads what the folder holds, or thinks of a new cluster for it, which <see cref="Save"/> then lays out.</summary>
    /// <exception cref="UpRefusedException">The folder is of something else, or of another layout.</exception>
    internal static ClusterLayout Open(LayoutWish wish)
    {
        var folder = Path.GetFullPath(wish.Folder);
        var file = Path.Combine(folder, FileName);
        if (File.Exists(file))
        {
            return Checked(Read(folder, file), wish);
        }

        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any(entry => Path.GetFileName(entry) != FolderLock.FileName))
        {
            throw new UpRefusedException($"{folder} is not empty and was not made by 'raftctl up'; choose another folder with --data.");
        }

        return New(folder, wish);
    }

    /// <summary>Writes down what the folder holds.</summary>
    internal void Save()
    {
        var content = new LayoutFile(
            Format, Cluster, [.. Nodes.Select(node => new LayoutNode(node.Id, node.Http.GetLeftPart(UriPartial.Authority), node.Peer))]);
        var file = Path.Combine(Folder, FileName);
        // Written aside and renamed: half a file would make the folder unusable.
        var aside = file + ".new";
        File.WriteAllBytes(aside, JsonSerializer.SerializeToUtf8Bytes(content, CliJson.Default.LayoutFile));
        File.Move(aside, file, overwrite: true);
    }

    private static ClusterLayout New(string folder, LayoutWish wish)
    {
        var count = wish.Nodes ?? DefaultNodes;
        var http = wish.HttpPort ?? DefaultHttpPort;
        var peer = wish.PeerPort ?? DefaultPeerPort;
        var nodes = Enumerable.Range(0, count).Select(n => Place(folder, new LayoutNode(
            string.Create(CultureInfo.InvariantCulture, $"n{n + 1}"),
            string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{http + n}"),
            string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{peer + n}"))));
        return new ClusterLayout(folder, $"local-{Guid.NewGuid().ToString("N")[..12]}", [.. nodes]);
    }

    private static ClusterLayout Read(string folder, string file)
    {
        try
        {
            var read = JsonSerializer.Deserialize(File.ReadAllBytes(file), CliJson.Default.LayoutFile);
            return read is { Format: Format, Nodes.Count: > 0, Cluster: not null }
                ? new ClusterLayout(folder, read.Cluster, [.. read.Nodes.Select(node => Place(folder, node))])
                : throw new UpRefusedException($"{file} is of another version of raftctl.");
        }
        catch (Exception broken) when (broken is JsonException or UriFormatException or FormatException)
        {
            throw new UpRefusedException($"{file} is damaged: {broken.Message}");
        }
    }

    private static ClusterLayout Checked(ClusterLayout layout, LayoutWish wish)
    {
        if (wish.Nodes is { } count && count != layout.Nodes.Length)
        {
            throw new UpRefusedException(
                $"{layout.Folder} holds a cluster of {layout.Nodes.Length} nodes, not {count}; "
                + "leave --nodes out to go on with it, or choose another folder with --data.");
        }

        var (http, peer) = (layout.Nodes[0].Http.Port, layout.Nodes[0].PeerPort);
        return (wish.HttpPort ?? http) == http && (wish.PeerPort ?? peer) == peer
            ? layout
            : throw new UpRefusedException(
                $"{layout.Folder} holds a cluster with HTTP from port {http} and peers from port {peer}; "
                + "leave --http-port and --peer-port out to go on with it, or choose another folder with --data.");
    }

    private static NodePlace Place(string folder, LayoutNode node) =>
        new(node.Id, new Uri(node.Http), node.Peer, Path.Combine(folder, node.Id));
}
