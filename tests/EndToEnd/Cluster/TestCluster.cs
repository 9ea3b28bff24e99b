namespace RaftCluster.Tests.EndToEnd.Cluster;

/// <summary>Nodes as processes of their own, on free loopback ports, with data below one folder that goes with them.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    /// <summary>How long a node may take to serve after its start, on a machine that is busy with other things.</summary>
    public static readonly TimeSpan StartBound = TimeSpan.FromSeconds(60);

    private const int Attempts = 5;

    /// <summary>Whoever writes to all nodes in turn may be at one of these still.</summary>
    private readonly List<NodeProcess> _former = [];

    private int _made;

    private TestCluster(string folder, NodeProcess[] nodes)
    {
        Folder = folder;
        Nodes = nodes;
        _made = nodes.Length;
    }

    /// <summary>Where everything of it is.</summary>
    public string Folder { get; }

    /// <summary>All nodes: n1, n2, ….</summary>
    public IReadOnlyList<NodeProcess> Nodes { get; private set; }

    /// <summary>Those that run and are not paused.</summary>
    public IEnumerable<NodeProcess> Awake => Nodes.Where(node => node.IsAwake);

    /// <summary>Where each node answers: host and port.</summary>
    public IReadOnlyList<string> Authorities => [.. Nodes.Select(node => node.Settings.Http.Authority)];

    /// <summary>The HTTP addresses of all nodes, as raftctl takes them.</summary>
    public string Endpoints => string.Join(',', Nodes.Select(node => node.Settings.Url));

    /// <summary>Starts a cluster and waits until every node is ready.</summary>
    /// <param name="count">How many nodes.</param>
    /// <param name="options">Further options of every node.</param>
    public static async Task<TestCluster> StartAsync(int count, params string[] options)
    {
        for (var attempt = 1; ; attempt++)
        {
            var cluster = Make(count, options);
            try
            {
                cluster.StartAll();
                await cluster.ReadyAsync();
                return cluster;
            }
            catch (PortTakenException) when (attempt < Attempts)
            {
                // Somebody else was quicker: others are tried.
                await cluster.DisposeAsync();
            }
            catch (Exception failure) when (failure is not PortTakenException)
            {
                var logs = cluster.Logs(40);
                await cluster.DisposeAsync();
                throw new InvalidOperationException($"the cluster did not start: {failure.Message}\n{logs}", failure);
            }
        }
    }

    /// <summary>Starts one more node, which joins through another one, and waits until it is ready.</summary>
    /// <param name="through">Whom it asks.</param>
    /// <param name="options">Its further options.</param>
    public async Task<NodeProcess> JoinAsync(NodeProcess through, params string[] options)
    {
        for (var attempt = 1; ; attempt++)
        {
            // A port that another process takes is no reason to give the name to two nodes.
            var id = $"n{_made += 1}";
            var node = new NodeProcess(NewSettings(id, Path.Combine(Folder, id), options) with { Join = through.Settings.Http });
            node.Start();
            try
            {
                await node.ReadyAsync();
                Nodes = [.. Nodes, node];
                return node;
            }
            catch (PortTakenException) when (attempt < Attempts)
            {
                await node.DisposeAsync();
                await through.Client.SendAsync(HttpMethod.Delete, $"/v1/members/{id}", body: null);
            }
        }
    }

    /// <summary>A node at addresses that nobody has, which names no members.</summary>
    public static NodeSettings NewSettings(string id, string data, IReadOnlyList<string> options)
    {
        var ports = FreePorts.Find(2);
        return new NodeSettings(id, data, new Uri($"http://127.0.0.1:{ports[0]}"), $"127.0.0.1:{ports[1]}", Members: null, options);
    }

    /// <summary>From now on this node is none of the cluster's; its process has ended.</summary>
    public void Forget(NodeProcess node)
    {
        Nodes = [.. Nodes.Where(other => other != node)];
        _former.Add(node);
    }

    /// <summary>Another process takes the place of a node that has ended.</summary>
    public void Replace(NodeProcess old, NodeProcess with)
    {
        Nodes = [.. Nodes.Select(node => node == old ? with : node)];
        _former.Add(old);
    }

    /// <summary>Starts every node that does not run.</summary>
    public void StartAll()
    {
        foreach (var node in Nodes.Where(node => !node.IsUp))
        {
            node.Start();
        }
    }

    /// <summary>Sends SIGKILL to nodes, all at once; they are gone when this returns.</summary>
    public static async Task KillAsync(IReadOnlyCollection<NodeProcess> nodes)
    {
        foreach (var node in nodes)
        {
            node.SendKill();
        }

        await Task.WhenAll(nodes.Select(node => node.EndAsync()));
    }

    /// <summary>Kills all nodes at once, starts them again, and waits until every one is ready.</summary>
    public async Task RestartAllAsync()
    {
        await KillAsync(Nodes);
        StartAll();
        await ReadyAsync();
    }

    /// <summary>Waits until every node is ready.</summary>
    public async Task ReadyAsync()
    {
        foreach (var node in Nodes)
        {
            await node.ReadyAsync();
        }
    }

    /// <summary>Waits until a node leads, and a majority follows it in its term.</summary>
    public Task<NodeProcess> LeaderAsync() => Eventually.HasAsync(
        "a leader that a majority knows",
        StartBound,
        async () =>
        {
            var views = new List<View>();
            foreach (var node in Awake)
            {
                if (await node.ViewAsync() is { } view)
                {
                    views.Add(view);
                }
            }

            var leader = views.Where(view => view.Role == "leader").MaxBy(view => view.Term);
            return leader is not null
                && views.Count(view => view.Term == leader.Term && view.Leader == leader.Node) > Nodes.Count / 2
                    ? Nodes.Single(node => node.Id == leader.Node)
                    : null;
        });

    /// <summary>The nodes other than one.</summary>
    public IEnumerable<NodeProcess> Others(NodeProcess one) => Nodes.Where(node => node != one);

    /// <summary>Waits until all nodes stand at one revision, at least <paramref name="least"/>, and holds them to one state hash there.</summary>
    /// <returns>The revision.</returns>
    public async Task<long> SameStateAsync(long least, TimeSpan within)
    {
        View?[] views = [];
        await Eventually.HoldsAsync(
            $"all nodes at one revision, at least {least}",
            within,
            async () =>
            {
                views = await Task.WhenAll(Nodes.Select(node => node.ViewAsync()));
                return views.All(view => view is not null && view.Revision >= least && view.Revision == views[0]!.Revision);
            },
            () => string.Join("; ", views.Select(view => view?.ToString() ?? "no answer")));
        Assert.True(
            views.Select(view => view!.StateHash).Distinct().Count() == 1,
            $"state hashes differ at one revision: {string.Join("; ", views.Select(view => view!.ToString()))}");
        return views[0]!.Revision;
    }

    /// <summary>The ends of all nodes' logs.</summary>
    public string Logs(int lines) =>
        string.Join("\n\n", Nodes.Select(node => $"==== {node.Id} ({node.Settings.Http})\n{node.Log.Tail(lines)}"));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes.Concat(_former))
        {
            await node.DisposeAsync();
        }

        Directory.Delete(Folder, recursive: true);
    }

    private static TestCluster Make(int count, string[] options)
    {
        var folder = Directory.CreateTempSubdirectory("raftcluster-test-").FullName;
        var ports = FreePorts.Find(2 * count);
        var names = Enumerable.Range(0, count).Select(i => $"n{i + 1}").ToArray();
        var urls = Enumerable.Range(0, count).Select(i => new Uri($"http://127.0.0.1:{ports[i]}")).ToArray();
        var peers = Enumerable.Range(0, count).Select(i => $"127.0.0.1:{ports[count + i]}").ToArray();
        var members = string.Join(',', Enumerable.Range(0, count)
            .Select(i => $"{names[i]}={urls[i].GetLeftPart(UriPartial.Authority)}/{peers[i]}"));
        return new TestCluster(
            folder,
            [
                .. Enumerable.Range(0, count).Select(i => new NodeProcess(new NodeSettings(
                    names[i], Path.Combine(folder, names[i]), urls[i], peers[i], members, options))),
            ]);
    }
}
