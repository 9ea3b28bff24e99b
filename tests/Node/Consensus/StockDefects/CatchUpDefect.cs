using System.Collections.Immutable;
using System.Net;
using DotNext.Net.Cluster.Consensus.Raft;
using DotNext.Net.Cluster.Consensus.Raft.Membership;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;
using RaftCluster.Node.Consensus;
using RaftCluster.Tests.EndToEnd.Cluster;
using RaftCluster.Tests.Node.Log;
using StockCluster = DotNext.Net.Cluster.Consensus.Raft.RaftCluster;

namespace RaftCluster.Tests.Node.Consensus.StockDefects;

/// <summary>
/// A follower that lacks much gets it in chunks, and what arrived counts. The library sends everything in one request, and
/// when that breaks off begins anew. The connections to the follower here carry a quarter of what it lacks.
/// </summary>
public sealed class CatchUpDefect
{
    private const int Entries = 16;
    private const int EntryBytes = 64 << 10;

    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Defect_6_A_follower_catches_up_over_connections_that_break() =>
        Assert.True(await CatchesUpAsync(proxy => Task.FromResult<ICluster>(new Ours(proxy))));

    [Fact]
    public async Task Defect_6_In_the_library_a_follower_is_sent_everything_again_and_again() =>
        Assert.False(await CatchesUpAsync(Stock.StartAsync));

    /// <returns>Whether it had everything before it was sent four times as much.</returns>
    private static async Task<bool> CatchesUpAsync(Func<BreakingProxy, Task<ICluster>> start)
    {
        await using var proxy = new BreakingProxy(Entries * EntryBytes / 4, 4L * Entries * EntryBytes);
        await using var cluster = await start(proxy);
        var last = await cluster.WriteAsync();
        var caughtUp = await cluster.StartLastAsync(last);
        return await Task.WhenAny(caughtUp, proxy.PassedLimit.WaitAsync(Patience)) == caughtUp;
    }

    private interface ICluster : IAsyncDisposable
    {
        /// <summary>Writes the entries to two of three nodes.</summary>
        /// <returns>The last one's index.</returns>
        Task<long> WriteAsync();

        /// <summary>Starts the third, which the others reach through the proxy alone.</summary>
        /// <returns>Done when it has applied the entry.</returns>
        Task<Task> StartLastAsync(long last);
    }

    private sealed class Ours : ICluster
    {
        private readonly TestCluster _cluster = TestCluster.Make(3);
        private readonly BreakingProxy _proxy;

        public Ours(BreakingProxy proxy) => _proxy = proxy;

        public async Task<long> WriteAsync()
        {
            var seen = _cluster.Members.SetItem(2, _cluster.Members[2] with { Peer = _proxy.Address });
            await StartAsync("n1", seen);
            await StartAsync("n2", seen);
            var leader = await _cluster.LeaderAsync(Patience);
            var value = new string('v', EntryBytes);
            var last = 0L;
            for (var at = 0; at < Entries; at++)
            {
                last = Assert.IsType<Proposal.Done>(
                    await leader.ProposeAsync(TestCluster.Put($"{at}", value), Durability.Quorum, Patience)).Index;
            }

            return last;
        }

        public async Task<Task> StartLastAsync(long last)
        {
            var here = _cluster.Members[2] with { Peer = _proxy.Node };
            await StartAsync("n3", _cluster.Members.SetItem(2, here));
            return _cluster["n3"].WaitForAppliedAsync(last, Patience).AsTask();
        }

        public ValueTask DisposeAsync() => _cluster.DisposeAsync();

        private Task StartAsync(string id, ImmutableArray<Member> members) =>
            _cluster.StartAsync(id, members: members, with: static options => options with { MaximumChunkBytes = EntryBytes });
    }

    private sealed class Stock : ICluster
    {
        private readonly TemporaryFolder _folder = new();
        private readonly List<(StockCluster Node, WriteAheadLog Log)> _nodes = [];
        private readonly BreakingProxy _proxy;
        private readonly IPEndPoint[] _members;

        private Stock(BreakingProxy proxy)
        {
            _proxy = proxy;
            _members = [.. FreePorts.Find(2).Select(port => new IPEndPoint(IPAddress.Loopback, port)), proxy.Address];
        }

        public static async Task<ICluster> StartAsync(BreakingProxy proxy)
        {
            var cluster = new Stock(proxy);
            await cluster.StartAsync(cluster._members[1], cluster._members[1], TimeSpan.FromMinutes(1));
            await cluster.StartAsync(cluster._members[0], cluster._members[0], TimeSpan.FromMilliseconds(300));
            return cluster;
        }

        public async Task<long> WriteAsync()
        {
            var (leader, log) = _nodes[^1];
            await leader.WaitForLeadershipAsync(Patience);
            for (var at = 0; at < Entries; at++)
            {
                await leader.ReplicateAsync(new BinaryLogEntry { Term = leader.Term, Content = new byte[EntryBytes] }, Patience);
            }

            return log.LastEntryIndex;
        }

        public async Task<Task> StartLastAsync(long last)
        {
            await StartAsync(_proxy.Node, _proxy.Address, TimeSpan.FromMinutes(1));
            return _nodes[^1].Log.WaitForApplyAsync(last, Patience).AsTask();
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var (node, log) in _nodes)
            {
                await node.StopAsync(CancellationToken.None);
                await node.DisposeAsync();
                await log.DisposeAsync();
            }

            _folder.Dispose();
        }

        private async Task StartAsync(IPEndPoint listens, IPEndPoint isKnownAs, TimeSpan electionTimeout)
        {
            var log = new WriteAheadLog(
                new WriteAheadLog.Options { Location = Path.Combine(_folder.Path, $"{listens.Port}") }, IStateMachine.CreateNoOp(1000));
            var configuration = new StockCluster.TcpConfiguration(listens)
            {
                PublicEndPoint = isKnownAs,
                ConfigurationStorage = null,
                ColdStart = false,
                LowerElectionTimeout = (int)electionTimeout.TotalMilliseconds,
                UpperElectionTimeout = 2 * (int)electionTimeout.TotalMilliseconds,
                HeartbeatThreshold = 0.1,
                RequestTimeout = TimeSpan.FromMinutes(1),
                TransmissionBlockSize = 65535,
            };
            var members = ((InMemoryClusterConfigurationStorage<EndPoint>)configuration.ConfigurationStorage!)
                .CreateInitialConfigurationBuilder();
            foreach (var member in _members)
            {
                members.Add(member);
            }

            members.Build();
            var node = new StockCluster(configuration) { AuditTrail = log };
            _nodes.Add((node, log));
            await node.StartAsync(Patience);
        }
    }
}
