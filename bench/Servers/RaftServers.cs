using System.Net;
using System.Text.Json;
using RaftCluster.Bench.Load;
using RaftCluster.Bench.Wire;

namespace RaftCluster.Bench.Servers;

/// <summary>Nodes of this product, as their defaults make them, on loopback.</summary>
/// <param name="dll">The built node.</param>
/// <param name="folder">Where data and logs go.</param>
/// <param name="options">Further options of every node.</param>
internal sealed class RaftServers(string dll, string folder, params string[] options) : IFailoverServers
{
    private readonly List<ServerProcess> _processes = [];
    private readonly List<IPEndPoint> _nodes = [];
    private readonly List<string[]> _arguments = [];
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };

    /// <inheritdoc/>
    public string Name => "raftcluster";

    /// <inheritdoc/>
    public IDialect Dialect => Dialects.Raft;

    /// <inheritdoc/>
    public IReadOnlyList<int> ProcessIds => [.. _processes.Select(process => process.Id)];

    /// <summary>Where each node serves.</summary>
    public IReadOnlyList<IPEndPoint> Nodes => _nodes;

    /// <summary>How many nodes there are: odd.</summary>
    public int Count { get; init; } = 3;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken stop)
    {
        Launch();
        await ReadyAsync(stop);
    }

    /// <inheritdoc/>
    public void Launch()
    {
        var ports = ServerProcess.FreePorts(2 * Count);
        var members = string.Join(',', Enumerable.Range(0, Count)
            .Select(i => $"n{i + 1}=http://127.0.0.1:{ports[i]}/127.0.0.1:{ports[Count + i]}"));
        Directory.CreateDirectory(folder);
        for (var i = 0; i < Count; i++)
        {
            _nodes.Add(new IPEndPoint(IPAddress.Loopback, ports[i]));
            _arguments.Add([.. Arguments($"n{i + 1}", ports[i], ports[Count + i]), "--members", members]);
        }

        for (var i = 0; i < Count; i++)
        {
            _processes.Add(Launch(i));
        }
    }

    /// <inheritdoc/>
    public async Task<Newcomer> JoinAsync(string name, CancellationToken stop)
    {
        var ports = ServerProcess.FreePorts(2);
        var leader = await NodeAsync(Via.Leader, stop);
        var process = ServerProcess.Start(
            "dotnet",
            [.. Arguments(name, ports[0], ports[1]), "--join", $"http://{leader}"],
            Path.Combine(folder, $"{name}.log"));
        return new Newcomer(new IPEndPoint(IPAddress.Loopback, ports[0]), process, name);
    }

    /// <inheritdoc/>
    public async Task LeaveAsync(Newcomer newcomer, CancellationToken stop)
    {
        // Refused while the newcomer's vote, which it is given by itself, is on its way.
        await Until.AnsweredAsync(
            $"{newcomer.Member} is removed",
            _processes,
            async () =>
            {
                using var answer = await _http.DeleteAsync(new Uri($"http://{_nodes[0]}/v1/members/{newcomer.Member}"), stop);
                return answer.IsSuccessStatusCode ? "removed" : null;
            },
            stop);
        await newcomer.Process.DisposeAsync();
    }

    /// <inheritdoc/>
    public async Task<bool> HasAsync(IPEndPoint node, byte[] key, bool isLocal, CancellationToken stop)
    {
        using var asked = new HttpRequestMessage(
            HttpMethod.Get, new Uri($"http://{node}/v1/kv/{System.Text.Encoding.ASCII.GetString(key)}"));
        asked.Headers.Add("Raft-Consistency", isLocal ? "local" : "linearizable");
        using var answer = await _http.SendAsync(asked, stop);
        return answer.IsSuccessStatusCode;
    }

    /// <summary>Waits until a node answers a path with success.</summary>
    public Task ServesAsync(IPEndPoint node, string path, CancellationToken stop) => Until.AnsweredAsync(
        $"raftcluster's {node} is ready",
        _processes,
        async () =>
        {
            using var answer = await _http.GetAsync(new Uri($"http://{node}{path}"), stop);
            return answer.IsSuccessStatusCode ? "ready" : null;
        },
        stop);

    /// <summary>The number of a node, from 0.</summary>
    public int NumberOf(IPEndPoint node) => _nodes.IndexOf(node);

    /// <inheritdoc/>
    public ServerProcess Process(int number) => _processes[number];

    /// <inheritdoc/>
    public async Task ReadyAsync(CancellationToken stop)
    {
        foreach (var node in _nodes)
        {
            await ServesAsync(node, "/readyz", stop);
        }
    }

    /// <inheritdoc/>
    public async Task<int> LeaderAsync(CancellationToken stop) => NumberOf(await NodeAsync(Via.Leader, stop));

    /// <inheritdoc/>
    public async Task TransferAsync(int to, CancellationToken stop)
    {
        using var body = new StringContent($"{{\"to\":\"n{to + 1}\"}}");
        using var answer = await _http.PostAsync(new Uri($"http://{_nodes[to]}/v1/cluster/leader"), body, stop);
        if (!answer.IsSuccessStatusCode)
        {
            throw new IOException($"n{to + 1} was not made the leader: {await answer.Content.ReadAsStringAsync(stop)}");
        }
    }

    /// <inheritdoc/>
    public HttpRequestMessage Write(int asked, int key) =>
        new(HttpMethod.Put, new Uri($"http://{_nodes[asked]}/v1/kv/probe/{key}")) { Content = new StringContent("probe") };

    /// <inheritdoc/>
    public async Task<long> TermAsync(CancellationToken stop)
    {
        using var view = JsonDocument.Parse(await _http.GetStringAsync(new Uri($"http://{_nodes[0]}/v1/cluster"), stop));
        return view.RootElement.GetProperty("term").GetInt64();
    }

    /// <summary>Kills a node.</summary>
    public ValueTask KillAsync(int number) => _processes[number].DisposeAsync();

    /// <summary>Starts a killed node again; it need not serve yet.</summary>
    public void Start(int number) => _processes[number] = Launch(number);

    /// <inheritdoc/>
    public Task<IPEndPoint> NodeAsync(Via via, CancellationToken stop) => Until.AnsweredAsync(
        "raftcluster has a leader",
        _processes,
        async () =>
        {
            foreach (var node in _nodes)
            {
                using var view = JsonDocument.Parse(await _http.GetStringAsync(new Uri($"http://{node}/v1/cluster"), stop));
                if (view.RootElement.GetProperty("role").GetString() == "leader")
                {
                    return via == Via.Leader ? node : _nodes.First(other => other != node);
                }
            }

            return null;
        },
        stop);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }
    }

    private string[] Arguments(string name, int clients, int peers) =>
    [
        dll, "--node", name, "--data", Path.Combine(folder, name),
        "--http", $"http://127.0.0.1:{clients}", "--peer", $"127.0.0.1:{peers}", "--cluster", "bench", .. options,
    ];

    private ServerProcess Launch(int number) => ServerProcess.Start(
        "dotnet", _arguments[number], Path.Combine(folder, $"n{number + 1}.log"));
}
