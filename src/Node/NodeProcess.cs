using System.Globalization;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using RaftCluster.Node.Auditing;
using RaftCluster.Node.Backups;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Consensus.Rehearsals;
using RaftCluster.Node.Consensus.Snapshots;
using RaftCluster.Node.Consistency;
using RaftCluster.Node.Diagnosis;
using RaftCluster.Node.Http;
using RaftCluster.Node.Leases;
using RaftCluster.Node.Logging;
using RaftCluster.Node.Membership;
using RaftCluster.Node.Retention;
using RaftCluster.Node.Space;
using RaftCluster.Node.Supervision;
using RaftCluster.Node.Tracing;
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
        var supervisor = new Supervisor(log);
        supervisor.Say(options.Join is null ? "opens its data" : $"opens its data, or joins through {Addresses.Show(options.Join)}");
        var fault = DataFolder.Open(options.Data, out var folder);
        using (folder)
        {
            if (fault is null && folder is not null)
            {
                fault = await ClaimAsync(options, folder, stop, log, time)
                    ?? (folder.IsNew ? null : await RunAsync(OptionsIn(options, folder.Identity), folder, diagnosis, stop, supervisor, logging, log, time));
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

    /// <summary>Makes the folder this node's own: as it was, as a member of a new cluster, or by joining one. It stays new when the node is told to stop first.</summary>
    private static async Task<StartFault?> ClaimAsync(
        NodeOptions options, DataFolder folder, StopSignal stop, ILogger log, TimeProvider time)
    {
        if (!folder.IsNew || options.Join is null)
        {
            return folder.Claim(NodeIdentity.Of(options), options.Stated)
                ?? (options.Join is null ? null : await ClusterJoin.CheckAsync(options, folder));
        }

        using var stopped = new CancellationTokenSource();
        _ = stop.Requested.ContinueWith(_ => stopped.Cancel(), TaskScheduler.Default);
        try
        {
            return await ClusterJoin.RunAsync(options, folder, time, log, stopped.Token);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>What was not stated is as the folder has it.</summary>
    private static NodeOptions OptionsIn(NodeOptions options, NodeIdentity identity)
    {
        var initial = MemberList.Read(string.Join(',', identity.Members), static wrong => throw new InvalidDataException(wrong));
        return options with
        {
            Cluster = identity.Cluster,
            ClusterId = ulong.Parse(identity.ClusterId, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
            Members = initial,
        };
    }

    private static async Task<StartFault?> RunAsync(
        NodeOptions options,
        DataFolder folder,
        NodeDiagnosis diagnosis,
        StopSignal stop,
        Supervisor supervisor,
        ILoggerFactory logging,
        ILogger log,
        TimeProvider time)
    {
        using var audit = AuditLog.Of(options, folder.Path, time);
        // Beside the opening of log and rows: a start takes no longer for it.
        var noted = Task.Run(() => NoteStartAsync(audit, options));
        try
        {
            await using var storage = await NodeStorage.OpenAsync(
                folder.Path,
                options.Members,
                options.Rebuild,
                OptionsOf(options).SegmentBytes,
                warn: what => LogSetAside(log, options.Node, what),
                synced: diagnosis.Synced);
            return await noted ?? await RunAsync(options, folder, storage, diagnosis, audit, stop, supervisor, logging, log, time);
        }
        catch (StorageException unusable)
        {
            _ = await noted;
            return new StartFault(StorageFaults.ExitCodeOf(unusable.Fault), OneLine.Of(unusable));
        }
    }

    private static async Task<StartFault?> RunAsync(
        NodeOptions options,
        DataFolder folder,
        NodeStorage storage,
        NodeDiagnosis diagnosis,
        AuditLog audit,
        StopSignal stop,
        Supervisor supervisor,
        ILoggerFactory logging,
        ILogger log,
        TimeProvider time)
    {
        try
        {
            if ((ClockFault(storage.Rows.Applied, options, time) ?? MembershipFault(storage, options, folder, log)) is { } early)
            {
                return early;
            }

            options = AddressesIn(options, storage.Newest.Configuration, folder.Identity);
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
            // Its libraries are loaded with it, and only then.
            using IDisposable? traces = options.Otlp is null ? null : StartTraces(options, logging, time);
            await using var consensus = ConsensusNode.Open(
                OptionsOf(options) with { Room = () => space.Room, Measures = diagnosis.Metrics.Consensus }, storage, logging, time);
            return await RunAsync(options, folder, storage.Rows, space, diagnosis, consensus, audit, stop, supervisor, logging, log, time);
        }
        catch (StorageException damaged) when (damaged.Fault == StorageFault.Corrupt)
        {
            // The rows opened, so the next start would come as far as this one, and no further.
            return new StartFault(ExitCode.Corrupt, storage.NoteDamage(OneLine.Of(damaged)));
        }
    }

    private static async Task<StartFault?> RunAsync(
        NodeOptions options,
        DataFolder folder,
        RowStore store,
        NodeSpace space,
        NodeDiagnosis diagnosis,
        ConsensusNode consensus,
        AuditLog audit,
        StopSignal stop,
        Supervisor supervisor,
        ILoggerFactory logging,
        ILogger log,
        TimeProvider time)
    {
        try
        {
            await using var leases = new LeaseKeeper(consensus, store, time);
            store.LeaseListener = leases;
            await using var peers = await PeerListener.StartAsync(options.PeerEndPoint, consensus.ServePeerAsync, logging);
            var history = new History(options.ClusterId, folder.Identity.Epoch);
            using var backups = new BackupSource(options, history, consensus, store, consensus, time);
            await using var api = await ApiServer.StartAsync(
                options, history, consensus, store, leases, backups, folder.CheckWritable, logging, time, space, diagnosis, audit);
            await consensus.StartAsync();
            leases.Start();
            await using var retention = new HistoryKeeper(
                new RetentionPolicy(options.KeepHistory, options.KeepRevisions),
                options.SweepRate,
                consensus,
                store,
                time,
                logging.CreateLogger("RaftCluster.Node.Retention"),
                room: space.Look);
            await using var keeper = options.BackupFolder is { } target
                ? BackupKeeper.Start(
                    backups,
                    new BackupSchedule(Path.GetFullPath(target), options.BackupEvery, options.BackupKeep, options.BackupIncrements),
                    consensus,
                    audit,
                    time,
                    logging.CreateLogger("RaftCluster.Node.Backups"))
                : null;
            LogServing(log, options.Node, options.Cluster, Addresses.Show(options.Http), options.Peer.ToString(), Product.Version);
            using var playing = new CancellationTokenSource();
            var rehearsal = Rehearsal.WhenCalmAsync(consensus, log, time, playing.Token);
            await using var announcer = AddressAnnouncer.Start(options, consensus, time, log);
            var signs = SignsOfLife.Start(options, supervisor, consensus, time, log);
            await Task.WhenAny(stop.Requested, consensus.Removed);
            var removed = consensus.Removed.IsCompletedSuccessfully ? await consensus.Removed : null;
            // No sign of life is given any more: a stop that hangs is ended by the time a stop may take.
            await signs.DisposeAsync();
            await playing.CancelAsync();
            supervisor.Stopping(removed is null ? "hands over, and finishes what is under way" : removed);
            await StopAsync(api, consensus, stop, log, options.Node);
            await rehearsal;
            return removed is null ? null : new StartFault(ExitCode.Removed, removed);
        }
        catch (Exception taken) when (taken is SocketException or IOException { InnerException: InvalidOperationException or SocketException })
        {
            return new StartFault(
                ExitCode.Address, $"{options.HttpEndPoint} or {options.PeerEndPoint} can't be listened on: {OneLine.Of(taken)}");
        }
    }

    private static async Task<StartFault?> NoteStartAsync(AuditLog audit, NodeOptions options)
    {
        try
        {
            await audit.NoteAsync(AuditAction.Start(options));
            return null;
        }
        catch (Exception failed) when (AuditLog.IsFailure(failed))
        {
            return new StartFault(ExitCode.DataFolder, $"the audit log {audit.Path} can't be written: {OneLine.Of(failed)}");
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TraceExport StartTraces(NodeOptions options, ILoggerFactory logging, TimeProvider time) =>
        TraceExport.Start(options, logging.CreateLogger("RaftCluster.Node.Tracing"), time);

    /// <summary>A node that is a member no more, options that name other members, or a rebuild from nobody.</summary>
    private static StartFault? MembershipFault(NodeStorage storage, NodeOptions options, DataFolder folder, ILogger log)
    {
        var (committed, newest) = (storage.Committed, storage.Newest.Configuration);
        if (committed.Configuration.Find(options.Node) is null)
        {
            return new StartFault(
                ExitCode.Removed,
                $"{ConsensusNode.RemovalOf(options.Node, committed)}; to join again, start it with --join and another data folder than {folder.Path}");
        }

        if (newest.StateVersion > options.StateVersion)
        {
            return new StartFault(ExitCode.DataFolder, ConsensusNode.TooNew(options.Node, newest.StateVersion, options.StateVersion));
        }

        if (options.StatedMembers is { } stated
            && !stated.SequenceEqual(options.Members.Select(member => member.Id))
            && !stated.SequenceEqual(newest.Members.Select(member => member.Id)))
        {
            // After a recovery the others are given up on purpose. Otherwise the list is one of an earlier day: the members have
            // changed since, and a node that stays down over a line in a unit file is one less of a majority.
            if (folder.Identity.Epoch > 1 && newest.Members.Length == 1)
            {
                return new StartFault(
                    ExitCode.DataFolder,
                    $"data folder {folder.Path} has a node of a cluster whose members are {newest}, not {string.Join(", ", stated)}: "
                    + "leave --members out, and change the members with 'raftctl member'");
            }

            LogOtherMembers(log, options.Node, string.Join(", ", stated), newest.ToString());
        }

        return options.Rebuild && newest.Members.Length == 1
            ? new StartFault(ExitCode.Usage, "--rebuild needs other nodes: this one is the whole cluster, and nobody else has its rows")
            : null;
    }

    /// <summary>Addresses that were not stated are those the members know, or the folder.</summary>
    private static NodeOptions AddressesIn(NodeOptions options, ClusterConfiguration newest, NodeIdentity identity)
    {
        var known = newest.Find(options.Node)?.Member;
        var (http, peer) = (options.Http, options.Peer);
        if (!options.Stated.Http && (known is not null || Addresses.ReadUrl(identity.Http, out http) is null))
        {
            http = known?.Url ?? http;
        }

        if (!options.Stated.Peer && (known is not null || Addresses.ReadPeer(identity.Peer, out peer) is null))
        {
            peer = known?.Peer ?? peer;
        }

        return options with { Http = http, Peer = peer };
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
        StateVersion = options.StateVersion,
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

    [LoggerMessage(5, LogLevel.Warning, "node {Node} was started with --members {Stated}, but the members are {Members} by now, and those count: leave --members out")]
    private static partial void LogOtherMembers(ILogger log, string node, string stated, string members);

    [LoggerMessage(4, LogLevel.Error, "node {Node} {What}")]
    private static partial void LogSetAside(ILogger log, string node, string what);
}
