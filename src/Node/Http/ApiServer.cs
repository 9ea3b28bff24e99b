using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using RaftCluster.Node.Auditing;
using RaftCluster.Node.Backups;
using RaftCluster.Node.Changes;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consistency;
using RaftCluster.Node.Diagnosis;
using RaftCluster.Node.Http.Listening;
using RaftCluster.Node.Leases;
using RaftCluster.Node.Metrics;
using RaftCluster.Node.Space;
using RaftCluster.Node.Tables;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>The HTTP side of a node: listens, reads through the gate, proposes or forwards.</summary>
public sealed class ApiServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Forwarder _forwarder;
    private readonly FreshnessKeeper _keeper;
    private readonly Health _health;
    private readonly ChangeHub _feeds;

    private ApiServer(WebApplication app, Forwarder forwarder, FreshnessKeeper keeper, Health health, ChangeHub feeds) =>
        (_app, _forwarder, _keeper, _health, _feeds) = (app, forwarder, keeper, health, feeds);

    /// <summary>Starts to listen.</summary>
    /// <param name="options">The node's options.</param>
    /// <param name="history">The history that its tokens name.</param>
    /// <param name="consensus">The port to agreement.</param>
    /// <param name="store">The rows.</param>
    /// <param name="leases">Who counts the time of leases.</param>
    /// <param name="backups">Who makes backups.</param>
    /// <param name="checkWritable">Tries the data folder: what is wrong with it, or null.</param>
    /// <param name="logging">Where it logs.</param>
    /// <param name="time">The clock.</param>
    /// <param name="space">The room on its disk; null when it is not watched.</param>
    /// <param name="diagnosis">What it measures of itself; null for a new one.</param>
    /// <param name="audit">Where what administrators ask for is written; null for nowhere.</param>
    /// <exception cref="IOException">The address can't be listened on.</exception>
    internal static async Task<ApiServer> StartAsync(
        NodeOptions options,
        History history,
        IConsensus consensus,
        IStateMachine store,
        LeaseKeeper leases,
        BackupSource backups,
        Func<string?> checkWritable,
        ILoggerFactory logging,
        TimeProvider time,
        NodeSpace? space = null,
        NodeDiagnosis? diagnosis = null,
        AuditLog? audit = null)
    {
        var freshness = new Freshness(time);
        var gate = new ReadGate(consensus, store, freshness);
        var forwarder = new Forwarder(options.Node, options.Members.Where(member => member.Id != options.Node));
        var health = new Health(consensus, store, checkWritable, time);
        var feeds = new ChangeHub(consensus, store, FeedLimits.Of(options), time, history.CursorMark);
        var api = new Api
        {
            Options = options,
            History = history,
            Consensus = consensus,
            Store = store,
            Freshness = freshness,
            Gate = gate,
            Headers = new AnswerHeaders(options.Node, consensus, freshness, history),
            Forwarder = forwarder,
            Health = health,
            Feeds = feeds,
            Leases = leases,
            Backups = backups,
            LockQueue = new LockQueue(leases, store),
            LockVisits = new LockVisits(consensus, time),
            Definitions = new Definitions(),
            Space = space,
            Audit = audit,
            Diagnosis = diagnosis ?? new NodeDiagnosis(time),
            Time = time,
            Log = logging.CreateLogger("RaftCluster.Node.Http"),
        };
        Measure(api);

        var app = Build(options, logging, time);
        app.Run(new Dispatcher(api).InvokeAsync);
        try
        {
            await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            await feeds.DisposeAsync();
            forwarder.Dispose();
            throw;
        }

        return new ApiServer(app, forwarder, new FreshnessKeeper(gate, freshness, time), health, feeds);
    }

    /// <summary>The readers of the change feed.</summary>
    internal ChangeHub Feeds => _feeds;

    /// <summary>Says that the node is no longer ready, so that no new clients come.</summary>
    public void BeginStop() => _health.IsStopping = true;

    /// <summary>Stops to listen and finishes what is under way.</summary>
    /// <param name="patience">Cancelled when what is still under way is to be cut off.</param>
    public async Task StopAsync(CancellationToken patience)
    {
        BeginStop();
        // Feeds have no end of their own: their readers go on at another node.
        _feeds.Stop();
        await _app.StopAsync(patience);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _keeper.DisposeAsync();
        _feeds.Stop();
        await _app.DisposeAsync();
        await _feeds.DisposeAsync();
        _forwarder.Dispose();
    }

    private static void Measure(Api api)
    {
        var (metrics, options) = (api.Diagnosis.Metrics, api.Options);
        metrics.Add(
            new ConsensusCollector(options, api.History, api.Consensus, metrics.Consensus),
            new StoreCollector(options, api.Store),
            new ServingCollector(options, api.Health, api.Freshness, api.Feeds, api.Backups));
        if (api.Space is { } space)
        {
            metrics.Add(new SpaceCollector(space));
        }
    }

    private static WebApplication Build(NodeOptions options, ILoggerFactory logging, TimeProvider time)
    {
        // Nothing is read from that folder, but it must be there, which the working directory need not be.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Services.Replace(ServiceDescriptor.Singleton(logging));
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, NoSignals>());
        builder.WebHost.UseKestrelCore();
        var address = options.HttpEndPoint;
        builder.Services.Replace(ServiceDescriptor.Singleton<IConnectionListenerFactory>(services => new SharedPortTransport(
            ActivatorUtilities.CreateInstance<SocketTransportFactory>(services), [address], time)));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Room for two keys of full length and a page token, each byte percent-encoded.
            kestrel.Limits.MaxRequestLineSize = 16 << 10;
            // Each handler has its own limit. What is a little over it is still taken from the connection, for a client that
            // sends on would otherwise meet a closed connection before it reads the refusal.
            kestrel.Limits.MaxRequestBodySize = 16 * RequestBody.Longest;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
            kestrel.Limits.Http2.InitialConnectionWindowSize = 4 << 20;
            kestrel.Limits.Http2.InitialStreamWindowSize = 1 << 20;
            kestrel.Listen(address, at => at.Protocols = HttpProtocols.Http1);
            kestrel.Listen(new Http2EndPoint(address), at => at.Protocols = HttpProtocols.Http2);
        });
        return builder.Build();
    }
}
