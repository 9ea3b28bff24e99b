using System.Collections.Immutable;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Snapshots;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;
using RaftCluster.Tests.EndToEnd.Cluster;

namespace RaftCluster.Tests.Node.Consensus;

/// <summary>Nodes of one cluster in this process: real logs, real rows, real connections on loopback.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("raft-consensus-");
    private readonly Dictionary<string, Running> _running = [];

    private TestCluster(int nodes) => Members =
    [
        .. FreePorts.Find(nodes).Select((port, at) => new Member(
            $"n{at + 1}", new Uri($"http://127.0.0.1:{port + 1}"), new IPEndPoint(IPAddress.Loopback, port))),
    ];

    public ImmutableArray<Member> Members { get; }

    /// <summary>Changes the options of nodes that are started from now on.</summary>
    public Func<ConsensusOptions, ConsensusOptions> Tune { get; set; } = options => options;

    public IEnumerable<ConsensusNode> Nodes => _running.Values.Select(node => node.Consensus);

    public ConsensusNode this[string id] => _running[id].Consensus;

    /// <summary>A cluster of which no node is started yet.</summary>
    public static TestCluster Make(int nodes) => new(nodes);

    public static async Task<TestCluster> StartAsync(int nodes, Func<ConsensusOptions, ConsensusOptions>? tune = null)
    {
        var cluster = Make(nodes);
        cluster.Tune = tune ?? cluster.Tune;
        foreach (var member in cluster.Members)
        {
            await cluster.StartAsync(member.Id);
        }

        return cluster;
    }

    /// <param name="id">Which node.</param>
    /// <param name="clusterId">Of which cluster it thinks it is.</param>
    /// <param name="members">The members as it knows them, where that is not as they are.</param>
    /// <param name="with">Changes its options.</param>
    public async Task StartAsync(
        string id, ulong clusterId = 77, ImmutableArray<Member>? members = null, Func<ConsensusOptions, ConsensusOptions>? with = null)
    {
        var self = (members ?? Members).Single(member => member.Id == id);
        var stopped = new TaskCompletionSource<(int, string)>(TaskCreationOptions.RunContinuationsAsynchronously);
        var options = new ConsensusOptions
        {
            Self = self,
            Members = members ?? Members,
            ClusterId = clusterId,
            ElectionTimeout = TimeSpan.FromMilliseconds(400),
            HeartbeatInterval = TimeSpan.FromMilliseconds(80),
        };
        options = Tune(with?.Invoke(options) ?? options);
        var storage = await NodeStorage.OpenAsync(
            FolderOf(id),
            hasOthers: Members.Length > 1,
            segmentBytes: options.SegmentBytes,
            stop: (code, why) => stopped.TrySetResult((code, why)));
        var node = ConsensusNode.Open(
            options, storage, NullLoggerFactory.Instance, stop: (code, why) => stopped.TrySetResult((code, why)));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(self.Peer, peers => peers.Run(node.ServePeerAsync)));
        var host = builder.Build();
        await host.StartAsync();
        await node.StartAsync();
        _running.Add(id, new Running(node, storage, host, stopped.Task));
    }

    public async Task StopAsync(string id)
    {
        _running.Remove(id, out var node);
        await node!.DisposeAsync();
    }

    public string FolderOf(string id) => Path.Combine(_folder.FullName, id);

    public RowStore Rows(string id) => _running[id].Storage.Rows;

    /// <summary>A node's term and vote.</summary>
    public IVoteStore Votes(string id) => _running[id].Storage.Votes;

    /// <summary>Completes when the node ended itself, with its exit code and words.</summary>
    public Task<(int Code, string Why)> Stopped(string id) => _running[id].Stopped;

    /// <summary>A node that leads and that a majority has heard of, whichever it is.</summary>
    public async Task<ConsensusNode> LeaderAsync(CancellationToken patience)
    {
        while (true)
        {
            foreach (var node in Nodes.ToArray())
            {
                var seen = await node.WaitForLeaderAsync(patience);
                if (_running.TryGetValue(seen.Id, out var leader)
                    && (await leader.Consensus.WaitForLeaderAsync(patience)).Id == seen.Id
                    && leader.Consensus.Status.Role == Role.Leader)
                {
                    return leader.Consensus;
                }
            }

            // The leader they remember is gone: they notice after the election timeout.
            await Task.Delay(10, patience);
        }
    }

    public static byte[] Put(string key, string value) => EntryCodec.EncodeTransaction(
        new Command.Put("kv", Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value), null, Precondition.None));

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _running.Values)
        {
            await node.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    private sealed record Running(
        ConsensusNode Consensus, NodeStorage Storage, WebApplication Host, Task<(int, string)> Stopped) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Consensus.StopAsync();
            await Host.StopAsync();
            await Host.DisposeAsync();
            await Consensus.DisposeAsync();
            await Storage.DisposeAsync();
        }
    }
}
