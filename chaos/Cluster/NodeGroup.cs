using RaftCluster.Chaos.Faults;

namespace RaftCluster.Chaos.Cluster;

/// <summary>The nodes of one cluster, each with a disk of its own.</summary>
internal sealed class NodeGroup : IAsyncDisposable
{
    /// <summary>A log's segment and the next one take 64 MiB each; images hold only what is written.</summary>
    private const long VolumeBytes = 768L << 20;

    private NodeGroup(IReadOnlyList<NodeProcess> nodes, IReadOnlyList<LoopVolume> volumes) => (Nodes, Volumes) = (nodes, volumes);

    /// <summary>The nodes: n1, n2, ….</summary>
    public IReadOnlyList<NodeProcess> Nodes { get; }

    /// <summary>Their disks, in the same order.</summary>
    public IReadOnlyList<LoopVolume> Volumes { get; }

    /// <summary>A node's data folder: made by the node itself, so that its making is a part of what must survive.</summary>
    public string DataOf(NodeProcess node) => Path.Combine(VolumeOf(node).Folder, "data");

    /// <summary>A node's disk.</summary>
    public LoopVolume VolumeOf(NodeProcess node) => Volumes[Nodes.ToList().IndexOf(node)];

    /// <summary>Makes the disks and lays out the nodes, which don't run yet.</summary>
    /// <param name="program">The program.</param>
    /// <param name="folder">Where everything goes.</param>
    /// <param name="count">How many nodes.</param>
    /// <param name="options">Further options of every node.</param>
    /// <param name="preload">A library that is loaded into each first; null for none.</param>
    /// <exception cref="HarnessException">A disk can't be made.</exception>
    public static async Task<NodeGroup> CreateAsync(
        NodeProgram program, string folder, int count, IReadOnlyList<string> options, string? preload)
    {
        var ports = FreePorts.Find(2 * count);
        var ids = Enumerable.Range(1, count).Select(number => $"n{number}").ToArray();
        var urls = ports[..count].Select(port => new Uri($"http://127.0.0.1:{port}")).ToArray();
        var peers = ports[count..].Select(port => $"127.0.0.1:{port}").ToArray();
        var members = string.Join(',', ids.Select((id, i) => $"{id}={urls[i].GetLeftPart(UriPartial.Authority)}/{peers[i]}"));
        var (volumes, nodes) = (new List<LoopVolume>(), new List<NodeProcess>());
        var group = new NodeGroup(nodes, volumes);
        try
        {
            for (var i = 0; i < count; i++)
            {
                volumes.Add(await LoopVolume.CreateAsync(folder, ids[i], VolumeBytes));
                string[] arguments =
                [
                    "--node", ids[i],
                    "--data", Path.Combine(volumes[i].Folder, "data"),
                    "--http", urls[i].GetLeftPart(UriPartial.Authority),
                    "--peer", peers[i],
                    "--members", members,
                    // When this process is gone, however it went, the nodes go too.
                    "--exit-with-parent",
                    .. options,
                ];
                nodes.Add(new NodeProcess(program, ids[i], urls[i], arguments, preload, Path.Combine(folder, $"{ids[i]}.out")));
            }

            return group;
        }
        catch
        {
            await group.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends the nodes and unmounts the disks. Every one is tried, whatever becomes of the others.</summary>
    public async ValueTask DisposeAsync()
    {
        var failures = new List<Exception>();
        foreach (var part in Nodes.Cast<IAsyncDisposable>().Concat(Volumes))
        {
            try
            {
                await part.DisposeAsync();
            }
            catch (Exception failure) when (failure is HarnessException or IOException or InvalidOperationException)
            {
                failures.Add(failure);
            }
        }

        if (failures.Count > 0)
        {
            throw new HarnessException($"not everything could be cleaned up: {string.Join("; ", failures.Select(each => each.Message))}");
        }
    }
}
