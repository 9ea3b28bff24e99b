using System.Net;
using RaftCluster.Bench.Load;
using RaftCluster.Bench.Wire;

namespace RaftCluster.Bench.Servers;

/// <summary>
/// One Kestrel process that answers at once and stores nothing: what the load generator, the loopback and the web
/// server cost by themselves. No product can look faster than this from here.
/// </summary>
/// <param name="folder">Where its log goes.</param>
/// <param name="dialect">Whose requests it answers.</param>
/// <param name="valueSize">How long a value is.</param>
internal sealed class CeilingServers(string folder, IDialect dialect, int valueSize) : IServers
{
    private readonly List<ServerProcess> _processes = [];
    private IPEndPoint? _node;

    /// <inheritdoc/>
    public string Name => "ceiling";

    /// <inheritdoc/>
    public IDialect Dialect => dialect;

    /// <inheritdoc/>
    public IReadOnlyList<int> ProcessIds => [.. _processes.Select(process => process.Id)];

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken stop)
    {
        _node = new IPEndPoint(IPAddress.Loopback, ServerProcess.FreePorts(1)[0]);
        Directory.CreateDirectory(folder);
        _processes.Add(ServerProcess.Start(
            "dotnet",
            [
                typeof(CeilingServers).Assembly.Location, "answer", "--port", $"{_node.Port}",
                "--grpc", $"{dialect == Dialects.EtcdGrpc}", "--value-size", $"{valueSize}",
            ],
            Path.Combine(folder, "ceiling.log")));
        await Until.AnsweredAsync(
            "the ceiling's server is up",
            _processes,
            async () =>
            {
                using var probe = new System.Net.Sockets.TcpClient();
                try
                {
                    await probe.ConnectAsync(_node, stop);
                    return "up";
                }
                catch (System.Net.Sockets.SocketException)
                {
                    return null;
                }
            },
            stop);
    }

    /// <inheritdoc/>
    public Task<IPEndPoint> NodeAsync(Via via, CancellationToken stop) =>
        Task.FromResult(_node ?? throw new InvalidOperationException("not started"));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }
    }
}
