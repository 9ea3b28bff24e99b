using System.Net;
using System.Text.Json;
using RaftCluster.Bench.Load;
using RaftCluster.Bench.Wire;

namespace RaftCluster.Bench.Servers;

/// <summary>Three etcd processes, as their defaults make them, on loopback.</summary>
/// <param name="program">etcd.</param>
/// <param name="folder">Where data and logs go.</param>
/// <param name="dialect">gRPC or the JSON gateway.</param>
internal sealed class EtcdServers(string program, string folder, IDialect dialect) : IServers
{
    private readonly List<ServerProcess> _processes = [];
    private readonly List<IPEndPoint> _nodes = [];
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };

    /// <inheritdoc/>
    public string Name => "etcd";

    /// <inheritdoc/>
    public IDialect Dialect => dialect;

    /// <inheritdoc/>
    public IReadOnlyList<int> ProcessIds => [.. _processes.Select(process => process.Id)];

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken stop)
    {
        var ports = ServerProcess.FreePorts(6);
        var members = string.Join(',', Enumerable.Range(0, 3).Select(i => $"e{i + 1}=http://127.0.0.1:{ports[3 + i]}"));
        Directory.CreateDirectory(folder);
        for (var i = 0; i < 3; i++)
        {
            var client = $"http://127.0.0.1:{ports[i]}";
            var peer = $"http://127.0.0.1:{ports[3 + i]}";
            _nodes.Add(new IPEndPoint(IPAddress.Loopback, ports[i]));
            _processes.Add(ServerProcess.Start(
                program,
                [
                    "--name", $"e{i + 1}", "--data-dir", Path.Combine(folder, $"e{i + 1}"),
                    "--listen-client-urls", client, "--advertise-client-urls", client,
                    "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                    "--initial-cluster", members, "--initial-cluster-state", "new",
                    "--logger", "zap", "--log-level", "error",
                ],
                Path.Combine(folder, $"e{i + 1}.log")));
        }

        await NodeAsync(Via.Leader, stop);
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
    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }
    }
}
