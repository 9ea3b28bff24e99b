using System.Collections.Concurrent;
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
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Consensus.Snapshots;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;
using RaftCluster.Tests.EndToEnd.Cluster;

namespace RaftCluster.Tests.Node.Consensus;

/// <summary>Nodes of one cluster in this process: real logs, real rows, real connections on loopback.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("raft-consensus-");
    private readonly ConcurrentDictionary<string, RunningNode> _running = [];

    private TestCluster(int nodes) => Members =
    [
        .. FreePorts.Find(nodes).Select((port, at) => new Member(
            $"n{at + 1}", new Uri($"http://127.0.0.1:{port + 1}"), new IPEndPoint(IPAddress.Loopback, port))),
    ];

    /// <summary>Those it began with, and those that were added.</summary>
    public ImmutableArray<Member> Members { get; private set; }

    /// <summary>Changes the options of nodes that are started from now on.</summary>
    public Func<ConsensusOptions, ConsensusOptions> Tune { get; set; } = options => options;

    public IEnumerable<ConsensusNode> Nodes => _running.Values.Select(node => node.Consensus);

    public ConsensusNode this[string id] => _running[id].Consensus;

    /// <summary>The names of the nodes that run, in order.</summary>
    public string[] Running => [.. _running.Keys.Order(StringComparer.Ordinal)];

    /// <summary>A node; null when it does not run.</summary>
    public ConsensusNode? Find(string id) => _running.GetValueOrDefault(id)?.Consensus;

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
        LastStop = stopped.Task;
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
            members ?? Members,
            segmentBytes: options.SegmentBytes,
            stop: (code, why) => stopped.TrySetResult((code, why)));
        var node = ConsensusNode.Open(
            options, storage, NullLoggerFactory.Instance, stop: (code, why) => stopped.TrySetResult((code, why)));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(self.Peer, peers => peers.Run(node.ServePeerAsync)));
        var host = builder.Build();
        await host.StartAsync();
        var running = new RunningNode(node, storage, host, stopped.Task);
        try
        {
            await node.StartAsync();
        }
        catch
        {
            await running.DisposeAsync();
            throw;
        }

        _running[id] = running;
    }

    public async Task StopAsync(string id)
    {
        _running.TryRemove(id, out var node);
        await node!.DisposeAsync();
    }

    public string FolderOf(string id) => Path.Combine(_folder.FullName, id);

    public RowStore Rows(string id) => _running[id].Storage.Rows;

    /// <summary>A member at addresses that nobody has.</summary>
    public static Member NewMember(string id)
    {
        var ports = FreePorts.Find(2);
        return new Member(id, new Uri($"http://127.0.0.1:{ports[1]}"), new IPEndPoint(IPAddress.Loopback, ports[0]));
    }

    /// <summary>Makes a new node a member, and starts it with nothing but what it is told when it joins.</summary>
    public async Task JoinAsync(
        string id, Promotion promotion, CancellationToken patience, Func<ConsensusOptions, ConsensusOptions>? with = null)
    {
        var member = NewMember(id);
        var joined = await ChangeAsync(new MemberChange.Add(member, promotion), patience);
        Members = Members.RemoveAll(other => other.Id == id).Add(member);
        NodeStorage.Join(FolderOf(id), joined);
        await StartAsync(id, with: with);
    }

    /// <summary>Makes a change by whoever leads, as a client would that asks again while it may.</summary>
    public async Task<ConfigurationAt> ChangeAsync(MemberChange change, CancellationToken patience)
    {
        while (true)
        {
            var leader = await LeaderAsync(patience);
            switch (await leader.ChangeMembersAsync(change, patience))
            {
                case MembershipAnswer.Done done:
                    return done.Now;
                case MembershipAnswer.Refused { Reason: not (MembershipRefusal.ChangeInProgress or MembershipRefusal.LearnerBehind) } refused:
                    throw new InvalidOperationException($"{change}: {refused}");
                case MembershipAnswer.Unknown unknown:
                    throw new InvalidOperationException($"{change}: {unknown}");
            }

            // In progress, behind, or no leader: all of that passes.
            await Task.Delay(10, patience);
        }
    }

    /// <summary>Completes when the node that was started last ended itself, also when it did so before it ran.</summary>
    public Task<(int Code, string Why)> LastStop { get; private set; } = Task.FromResult((0, ""));
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

    /// <summary>A node other than one that leads, whatever that one believes of itself.</summary>
    public async Task<ConsensusNode> OtherLeaderAsync(string than, CancellationToken patience)
    {
        while (true)
        {
            foreach (var node in Nodes.Where(node => node.Status.Self.Id != than))
            {
                if (node.Status.Role == Role.Leader)
                {
                    return node;
                }

                await node.WaitForChangeAsync(node.Status.Leader, TimeSpan.FromMilliseconds(20), patience);
            }
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

    private sealed record RunningNode(
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
