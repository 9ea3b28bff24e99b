using System.Net.Sockets;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Snapshots;
using RaftCluster.Node.Consistency;
using RaftCluster.Node.Diagnosis;
using RaftCluster.Node.Http;
using RaftCluster.Node.Leases;
using RaftCluster.Node.Logging;
using RaftCluster.Node.Retention;
using RaftCluster.Node.Space;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Node;

/// <summary>The life of a node: folder, rows, agreement and API come up in this order, and go down in the other.</summary>
internal static partial class NodeProcess
{
    /// <summary>How long each step of a stop may take before it is cut short.</summary>
    private static readonly TimeSpan _stopPatience = TimeSpan.FromSeconds(5);

    /// <summary>Runs a node until it is told to stop.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(NodeOptions options, TimeProvider time)
    {
        using var stop = new StopSignal();
        if (options.ExitWithParent)
        {
            ParentWatch.Start(stop);
        }

        var diagnosis = new NodeDiagnosis(time);
        using var logging = NodeLogging.Create(options, time, diagnosis.Log);
        var log = logging.CreateLogger("RaftCluster.Node");
        var fault = DataFolder.Open(options.Data, NodeIdentity.Of(options), out var folder);
        using (folder)
        {
            if (fault is null && folder is not null)
            {
                fault = await RunAsync(options, folder, diagnosis, stop, logging, log, time);
            }
        }

        if (fault is not null)
        {
            Console.Error.WriteLine($"raftcluster-node: {fault.Message}");
            return fault.Code;
        }

        LogStopped(log, options.Node);
        return ExitCode.Ok;
    }

    private static async Task<StartFault?> RunAsync(
        NodeOptions options, DataFolder folder, NodeDiagnosis diagnosis, StopSignal stop, ILoggerFactory logging, ILogger log, TimeProvider time)
    {
        try
        {
            var consensusOptions = OptionsOf(options);
            await using var storage = await NodeStorage.OpenAsync(
                folder.Path, options.Members.Length > 1, options.Rebuild, consensusOptions.SegmentBytes, warn: what => LogSetAside(log, options.Node, what),
                synced: diagnosis.Syncs.Add);
            if (ClockFault(storage.Rows.Applied, options, time) is { } early)
            {
                return early;
            }

            await using var space = new NodeSpace(
                options.Node,
                folder.Path,
                () => storage.RowsFolder,
                options.DiskReserve,
                new FolderVolume(folder.Path),
                time,
                logging.CreateLogger("RaftCluster.Node.Space"))
            {
                Working = () => storage.Rows.WorkingRoom,
                // What the store does behind the scenes leaves the reserve alone.
                Looked = room => storage.Rows.Limit(room.Free - room.Reserve),
            };
            await using var consensus = ConsensusNode.Open(consensusOptions with { Room = space.Look }, storage, logging, time);
            return await RunAsync(options, folder, storage.Rows, space, diagnosis, consensus, stop, logging, log, time);
        }
        catch (StorageException unusable)
        {
            return new StartFault(StorageFaults.ExitCodeOf(unusable.Fault), OneLine.Of(unusable));
        }
    }

    private static async Task<StartFault?> RunAsync(
        NodeOptions options,
        DataFolder folder,
        RowStore store,
        NodeSpace space,
        NodeDiagnosis diagnosis,
        ConsensusNode consensus,
        StopSignal stop,
        ILoggerFactory logging,
        ILogger log,
        TimeProvider time)
    {
        try
        {
            await using var leases = new LeaseKeeper(consensus, store, time);
            store.LeaseListener = leases;
            await using var peers = await PeerListener.StartAsync(options.Peer, consensus.ServePeerAsync, logging);
            await using var api = await ApiServer.StartAsync(
                options, new History(options.ClusterId, folder.Identity.Epoch), consensus, store, leases, folder.CheckWritable, logging, time, space, diagnosis);
            await consensus.StartAsync();
            leases.Start();
            await using var history = new HistoryKeeper(
                new RetentionPolicy(options.KeepHistory, options.KeepRevisions),
                options.SweepRate,
                consensus,
                store,
                time,
                logging.CreateLogger("RaftCluster.Node.Retention"),
                room: space.Look);
            LogServing(log, options.Node, options.Cluster, Addresses.Show(options.Http), options.Peer.ToString(), Product.Version);
            await stop.Requested;
            await StopAsync(api, consensus, stop, log, options.Node);
            return null;
        }
        catch (Exception taken) when (taken is SocketException or IOException { InnerException: InvalidOperationException or SocketException })
        {
            return new StartFault(
                ExitCode.Address, $"{Addresses.Show(options.Http)} or {options.Peer} can't be listened on: {OneLine.Of(taken)}");
        }
    }

    /// <summary>Lets clients and the other nodes go on without a gap: hands over first, then finishes, then falls silent.</summary>
    private static async Task StopAsync(ApiServer api, ConsensusNode consensus, StopSignal stop, ILogger log, string node)
    {
        LogStopping(log, node);
        api.BeginStop();
        await InTimeAsync(consensus.ResignAsync, stop);
        await InTimeAsync(token => new ValueTask(api.StopAsync(token)), stop);
        await InTimeAsync(token => new ValueTask(consensus.StopAsync(token)), stop);
    }

    /// <summary>A step that takes too long is cut short: what it would have finished is unknown to its caller, not lost.</summary>
    private static async Task InTimeAsync(Func<CancellationToken, ValueTask> step, StopSignal stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop.Hurry);
        patience.CancelAfter(_stopPatience);
        try
        {
            await step(patience.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            // The next step goes on from here.
        }
    }

    private static ConsensusOptions OptionsOf(NodeOptions options) => new()
    {
        Self = options.Self,
        Members = options.Members,
        ClusterId = options.ClusterId,
        ElectionTimeout = options.ElectionTimeout,
        HeartbeatInterval = options.HeartbeatInterval,
        Failover = options.Failover,
        MaximumClockSkew = options.MaxClockSkew,
        SnapshotBytes = options.SnapshotLog,
        SnapshotInterval = options.SnapshotInterval,
        KeptLogBytes = options.KeepLog,
        SnapshotBytesPerSecond = options.SnapshotRate,
    };

    /// <summary>A history from the future: this clock is wrong, or another node's was.</summary>
    private static StartFault? ClockFault(AppliedPosition applied, NodeOptions options, TimeProvider time)
    {
        var history = DateTimeOffset.UnixEpoch.AddTicks(applied.Time * TimeSpan.TicksPerMicrosecond);
        var now = time.GetUtcNow();
        return history - now <= options.MaxClockSkew
            ? null
            : new StartFault(
                ExitCode.Clock,
                $"this machine's clock says {now:u}, but the history has come to {history:u}, more than "
                + $"{Duration.Format(options.MaxClockSkew)} later: set the clock, or state a larger --max-clock-skew");
    }

    [LoggerMessage(1, LogLevel.Information, "node {Node} of cluster {Cluster} serves {Http}, and its peers at {Peer} (version {Version})")]
    private static partial void LogServing(ILogger log, string node, string cluster, string http, string peer, string version);

    [LoggerMessage(2, LogLevel.Information, "node {Node} stops: hands over, finishes what is under way")]
    private static partial void LogStopping(ILogger log, string node);

    [LoggerMessage(3, LogLevel.Information, "node {Node} stopped")]
    private static partial void LogStopped(ILogger log, string node);

    [LoggerMessage(4, LogLevel.Error, "node {Node} {What}")]
    private static partial void LogSetAside(ILogger log, string node, string what);
}
