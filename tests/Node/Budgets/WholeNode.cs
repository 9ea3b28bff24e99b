using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RaftCluster.Node.Backups;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Snapshots;
using RaftCluster.Node.Http;
using RaftCluster.Node.Leases;
using RaftCluster.Tests.Node.Http;
using RaftCluster.Tests.Node.Log;

namespace RaftCluster.Tests.Node.Budgets;

/// <summary>A cluster of one in this process, with everything that a request passes: HTTP, agreement, log, rows, feed.</summary>
internal sealed class WholeNode : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly NodeStorage _storage;
    private readonly ConsensusNode _consensus;
    private readonly LeaseKeeper _leases;
    private readonly WebApplication _peers;
    private readonly BackupSource _backups;
    private readonly ApiServer _api;

    private WholeNode(
        TemporaryFolder folder, NodeStorage storage, ConsensusNode consensus, LeaseKeeper leases, WebApplication peers,
        BackupSource backups, ApiServer api, Uri url) =>
        (_folder, _storage, _consensus, _leases, _peers, _backups, _api, Url) =
        (folder, storage, consensus, leases, peers, backups, api, url);

    public Uri Url { get; }

    public IPEndPoint EndPoint => IPEndPoint.Parse(Url.Authority);

    /// <summary>Starts it, and waits until it leads.</summary>
    public static async Task<WholeNode> StartAsync(CancellationToken patience)
    {
        var members = TestNode.Members(1);
        var options = new NodeOptions
        {
            Node = members[0].Id,
            Data = "unused",
            Http = members[0].Url,
            Peer = members[0].Peer,
            Members = members,
            ClusterId = TestNode.ClusterId,
        };
        var folder = new TemporaryFolder();
        var storage = await NodeStorage.OpenAsync(folder.Path, members);
        var consensus = ConsensusNode.Open(
            new ConsensusOptions { Self = members[0], Members = members, ClusterId = TestNode.ClusterId }, storage, NullLoggerFactory.Instance);
        var leases = new LeaseKeeper(consensus, storage.Rows, TimeProvider.System);
        storage.Rows.LeaseListener = leases;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(members[0].Peer, peers => peers.Run(consensus.ServePeerAsync)));
        var peers = builder.Build();
        await peers.StartAsync(patience);
        var backups = new BackupSource(options, TestNode.History, consensus, storage.Rows, consensus, TimeProvider.System);
        var api = await ApiServer.StartAsync(
            options, TestNode.History, consensus, storage.Rows, leases, backups, () => null, NullLoggerFactory.Instance, TimeProvider.System);
        await consensus.StartAsync(patience);
        leases.Start();
        await consensus.WaitForLeaderAsync(patience);
        return new WholeNode(folder, storage, consensus, leases, peers, backups, api, members[0].Url);
    }

    public async ValueTask DisposeAsync()
    {
        await _api.DisposeAsync();
        _backups.Dispose();
        await _consensus.StopAsync();
        await _peers.DisposeAsync();
        await _leases.DisposeAsync();
        await _consensus.DisposeAsync();
        await _storage.DisposeAsync();
        _folder.Dispose();
    }
}
