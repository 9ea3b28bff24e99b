using System.Net;
using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Snapshots;
using RaftCluster.Node.Consistency;

namespace RaftCluster.Micro;

/// <summary>The gate before every read, on a node that is a cluster by itself: what it costs without a network.</summary>
[MemoryDiagnoser]
public class GateBenchmarks
{
    private DirectoryInfo _folder = null!;
    private NodeStorage _storage = null!;
    private ConsensusNode _consensus = null!;
    private ReadGate _gate = null!;

    /// <summary>Starts the node, and waits until it leads.</summary>
    [GlobalSetup]
    public async Task StartAsync()
    {
        _folder = Directory.CreateTempSubdirectory("micro-gate-");
        var self = new Member("n1", new Uri("http://127.0.0.1:1"), FreePort());
        _storage = await NodeStorage.OpenAsync(_folder.FullName, [self]);
        _consensus = ConsensusNode.Open(
            new ConsensusOptions { Self = self, Members = [self], ClusterId = 1 }, _storage, NullLoggerFactory.Instance);
        await _consensus.StartAsync();
        await _consensus.WaitForLeaderAsync(CancellationToken.None);
        _gate = new ReadGate(_consensus, _storage.Rows, new Freshness(TimeProvider.System));
    }

    /// <summary>A local read passes.</summary>
    [Benchmark]
    public ValueTask<Passage> Local() => _gate.OpenAsync(new ReadTerms(ReadConsistency.Local, 0, default), CancellationToken.None);

    /// <summary>A session's read passes, its revision being here.</summary>
    [Benchmark]
    public ValueTask<Passage> Session() => _gate.OpenAsync(new ReadTerms(ReadConsistency.Session, 0, default), CancellationToken.None);

    /// <summary>A linearizable read passes, after a proof of leadership.</summary>
    [Benchmark]
    public ValueTask<Passage> Linearizable() => _gate.OpenAsync(new ReadTerms(ReadConsistency.Linearizable, 0, default), CancellationToken.None);

    /// <summary>64 linearizable reads at once, which share proofs: for each of them.</summary>
    [Benchmark(OperationsPerInvoke = 64)]
    public async Task LinearizableTogether()
    {
        var reads = new Task<Passage>[64];
        for (var at = 0; at < reads.Length; at++)
        {
            reads[at] = Linearizable().AsTask();
        }

        await Task.WhenAll(reads);
    }

    /// <summary>Stops the node.</summary>
    [GlobalCleanup]
    public async Task StopAsync()
    {
        await _consensus.StopAsync();
        await _consensus.DisposeAsync();
        await _storage.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static IPEndPoint FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return (IPEndPoint)listener.LocalEndpoint;
    }
}
