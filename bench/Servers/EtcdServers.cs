using System.Net;
using System.Text.Json;
using RaftCluster.Bench.Load;
using RaftCluster.Bench.Wire;

namespace RaftCluster.Bench.Servers;

/// <summary>etcd processes, as their defaults make them, on loopback.</summary>
/// <param name="program">etcd.</param>
/// <param name="folder">Where data and logs go.</param>
/// <param name="dialect">gRPC or the JSON gateway.</param>
internal sealed class EtcdServers(string program, string folder, IDialect dialect) : IFailoverServers
{
    private readonly List<ServerProcess> _processes = [];
    private readonly List<IPEndPoint> _nodes = [];
    private readonly List<string[]> _arguments = [];
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };

    /// <inheritdoc/>
    public string Name => "etcd";

    /// <inheritdoc/>
    public IDialect Dialect => dialect;

    /// <inheritdoc/>
    public IReadOnlyList<int> ProcessIds => [.. _processes.Select(process => process.Id)];

    /// <summary>How many processes there are: odd.</summary>
    public int Count { get; init; } = 3;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken stop)
    {
        Launch();
        await NodeAsync(Via.Leader, stop);
    }

    /// <inheritdoc/>
    public void Launch()
    {
        var ports = ServerProcess.FreePorts(2 * Count);
        var members = string.Join(',', Enumerable.Range(0, Count).Select(i => $"e{i + 1}=http://127.0.0.1:{ports[Count + i]}"));
        Directory.CreateDirectory(folder);
        for (var i = 0; i < Count; i++)
        {
            _nodes.Add(new IPEndPoint(IPAddress.Loopback, ports[i]));
            _arguments.Add(Arguments($"e{i + 1}", ports[i], ports[Count + i], members, isNew: true));
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
        var peer = $"http://127.0.0.1:{ports[1]}";
        var leader = await NodeAsync(Via.Leader, stop);
        using var added = await PostAsync(leader, "/v3/cluster/member/add", $"{{\"peerURLs\":[\"{peer}\"]}}", stop);
        var id = added.RootElement.GetProperty("member").GetProperty("ID").GetString()!;
        var members = string.Join(',', added.RootElement.GetProperty("members").EnumerateArray().Select(member =>
            $"{(member.TryGetProperty("name", out var named) ? named.GetString() : name)}={member.GetProperty("peerURLs")[0].GetString()}"));
        var process = ServerProcess.Start(
            program, Arguments(name, ports[0], ports[1], members, isNew: false), Path.Combine(folder, $"{name}.log"));
        return new Newcomer(new IPEndPoint(IPAddress.Loopback, ports[0]), process, id);
    }

    /// <inheritdoc/>
    public async Task LeaveAsync(Newcomer newcomer, CancellationToken stop)
    {
        var leader = await NodeAsync(Via.Leader, stop);
        using var removed = await PostAsync(leader, "/v3/cluster/member/remove", $"{{\"ID\":\"{newcomer.Member}\"}}", stop);
        await newcomer.Process.DisposeAsync();
    }

    /// <inheritdoc/>
    public async Task<bool> HasAsync(IPEndPoint node, byte[] key, bool isLocal, CancellationToken stop)
    {
        using var asked = new StringContent(
            $"{{\"key\":\"{Convert.ToBase64String(key)}\",\"serializable\":{(isLocal ? "true" : "false")}}}");
        using var answer = await _http.PostAsync(new Uri($"http://{node}/v3/kv/range"), asked, stop);
        return answer.IsSuccessStatusCode
            && (await answer.Content.ReadAsStringAsync(stop)).Contains("\"kvs\"", StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public Task<IPEndPoint> NodeAsync(Via via, CancellationToken stop) => Until.AnsweredAsync(
        "etcd has a leader",
        _processes,
        async () =>
        {
            foreach (var node in _nodes)
            {
                using var asked = new StringContent("{}");
                using var answer = await _http.PostAsync(new Uri($"http://{node}/v3/maintenance/status"), asked, stop);
                using var status = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(stop));
                var id = status.RootElement.GetProperty("header").GetProperty("member_id").GetString();
                if (status.RootElement.GetProperty("leader").GetString() == id)
                {
                    return via == Via.Leader ? node : _nodes.First(other => other != node);
                }
            }

            return null;
        },
        stop);

    /// <inheritdoc/>
    public IReadOnlyList<IPEndPoint> Nodes => _nodes;

    /// <inheritdoc/>
    public ServerProcess Process(int number) => _processes[number];

    /// <inheritdoc/>
    public void Start(int number) => _processes[number] = Launch(number);

    /// <inheritdoc/>
    public async Task ReadyAsync(CancellationToken stop)
    {
        foreach (var node in _nodes)
        {
            await Until.AnsweredAsync(
                $"etcd's {node} is well",
                _processes,
                async () =>
                {
                    using var answer = await _http.GetAsync(new Uri($"http://{node}/health"), stop);
                    return answer.IsSuccessStatusCode ? "well" : null;
                },
                stop);
        }
    }

    /// <inheritdoc/>
    public async Task<int> LeaderAsync(CancellationToken stop) => _nodes.IndexOf(await NodeAsync(Via.Leader, stop));

    /// <inheritdoc/>
    public async Task TransferAsync(int to, CancellationToken stop)
    {
        var leader = await NodeAsync(Via.Leader, stop);
        var heir = (await StatusAsync(_nodes[to], stop)).Member;
        using var body = new StringContent($"{{\"targetID\":\"{heir}\"}}");
        using var answer = await _http.PostAsync(new Uri($"http://{leader}/v3/maintenance/transfer-leadership"), body, stop);
        if (!answer.IsSuccessStatusCode)
        {
            throw new IOException($"e{to + 1} was not made the leader: {await answer.Content.ReadAsStringAsync(stop)}");
        }
    }

    /// <inheritdoc/>
    public HttpRequestMessage Write(int asked, int key)
    {
        var name = Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes($"probe/{key}"));
        return new HttpRequestMessage(HttpMethod.Post, new Uri($"http://{_nodes[asked]}/v3/kv/put"))
        {
            Content = new StringContent($"{{\"key\":\"{name}\",\"value\":\"cHJvYmU=\"}}"),
        };
    }

    /// <inheritdoc/>
    public async Task<long> TermAsync(CancellationToken stop) => (await StatusAsync(_nodes[0], stop)).Term;

    private async Task<(string Member, long Term)> StatusAsync(IPEndPoint node, CancellationToken stop)
    {
        using var asked = new StringContent("{}");
        using var answer = await _http.PostAsync(new Uri($"http://{node}/v3/maintenance/status"), asked, stop);
        using var status = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(stop));
        return (
            status.RootElement.GetProperty("header").GetProperty("member_id").GetString()!,
            long.Parse(status.RootElement.GetProperty("raftTerm").GetString()!, System.Globalization.CultureInfo.InvariantCulture));
    }

    private async Task<JsonDocument> PostAsync(IPEndPoint node, string path, string body, CancellationToken stop)
    {
        using var asked = new StringContent(body);
        using var answer = await _http.PostAsync(new Uri($"http://{node}{path}"), asked, stop);
        var text = await answer.Content.ReadAsStringAsync(stop);
        return answer.IsSuccessStatusCode ? JsonDocument.Parse(text) : throw new IOException($"etcd refuses {path}: {text}");
    }

    private string[] Arguments(string name, int clients, int peers, string members, bool isNew)
    {
        var (client, peer) = ($"http://127.0.0.1:{clients}", $"http://127.0.0.1:{peers}");
        return
        [
            "--name", name, "--data-dir", Path.Combine(folder, name),
            "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--initial-cluster", members, "--initial-cluster-state", isNew ? "new" : "existing",
            "--logger", "zap", "--log-level", "error",
        ];
    }

    private ServerProcess Launch(int number) => ServerProcess.Start(
        program, _arguments[number], Path.Combine(folder, $"e{number + 1}.log"));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }
    }
}
