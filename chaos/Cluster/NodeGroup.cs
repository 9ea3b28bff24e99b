using RaftCluster.Chaos.Faults;

namespace RaftCluster.Chaos.Cluster;

/// <summary>The nodes of one cluster, each with a disk or a folder of its own.</summary>
internal sealed class NodeGroup : IAsyncDisposable
{
    /// <summary>A log's segment and the next one take 64 MiB each; images hold only what is written.</summary>
    private const long VolumeBytes = 2L << 30;

    private readonly string _folder;

    private readonly List<NodeProcess> _all;
    private readonly bool _hasSpare;

    private NodeGroup(string folder, List<NodeProcess> all, bool hasSpare, IReadOnlyList<LoopVolume> volumes) =>
        (_folder, _all, _hasSpare, Volumes) = (folder, all, hasSpare, volumes);

    /// <summary>The nodes: n1, n2, ….</summary>
    public IReadOnlyList<NodeProcess> Nodes => field ??= _all[..^(_hasSpare ? 1 : 0)];

    /// <summary>A node that is no member, or only for a while; null for none.</summary>
    public NodeProcess? Spare => _hasSpare ? _all[^1] : null;

    /// <summary>The nodes, and the spare one.</summary>
    public IReadOnlyList<NodeProcess> All => _all;

    /// <summary>Their disks, in the same order; none when they have folders alone.</summary>
    public IReadOnlyList<LoopVolume> Volumes { get; }

    /// <summary>A node's data folder: made by the node itself, so that its making is a part of what must survive.</summary>
    public string DataOf(NodeProcess node) =>
        Volumes.Count == 0 ? Path.Combine(_folder, $"{node.Id}-data") : Path.Combine(VolumeOf(node).Folder, "data");

    /// <summary>A node's disk.</summary>
    public LoopVolume VolumeOf(NodeProcess node) => Volumes[_all.IndexOf(node)];

    /// <summary>Makes the disks and lays out the nodes, which don't run yet.</summary>
    /// <param name="program">The program.</param>
    /// <param name="folder">Where everything goes.</param>
    /// <param name="members">The nodes.</param>
    /// <param name="setup">How they are set up.</param>
    /// <exception cref="HarnessException">A disk can't be made.</exception>
    public static async Task<NodeGroup> CreateAsync(
        NodeProgram program, string folder, IReadOnlyList<MemberAddress> members, NodeSetup setup)
    {
        var (volumes, nodes) = (new List<LoopVolume>(), new List<NodeProcess>());
        var founders = setup.HasSpare ? members.SkipLast(1).ToList() : members;
        var group = new NodeGroup(folder, nodes, setup.HasSpare, volumes);
        try
        {
            foreach (var member in members)
            {
                if (setup.OwnDisks)
                {
                    volumes.Add(await LoopVolume.CreateAsync(folder, member.Id, VolumeBytes));
                }

                string[] arguments =
                [
                    "--node", member.Id,
                    "--data", Path.Combine(folder, setup.OwnDisks ? Path.Combine(member.Id, "data") : $"{member.Id}-data"),
                    "--http", member.Url.GetLeftPart(UriPartial.Authority),
                    "--peer", member.Peer,
                    "--members", string.Join(',', setup.SeenBy?.Invoke(member.Id) ?? founders),
                    // Nodes may reach each other by other addresses each, and are one cluster all the same.
                    "--cluster-id", "00000000c4a05c4a",
                    // When this process is gone, however it went, the nodes go too.
                    "--exit-with-parent",
                    .. setup.Options,
                ];
                var environment = setup.EnvironmentOf?.Invoke(member.Id) ?? new Dictionary<string, string>();
                nodes.Add(new NodeProcess(program, member.Id, member.Url, arguments, environment, Path.Combine(folder, $"{member.Id}.out"))
                {
                    Launcher = setup.LauncherOf?.Invoke(member.Id) ?? [],
                });
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
        foreach (var part in _all.Cast<IAsyncDisposable>().Concat(Volumes))
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
