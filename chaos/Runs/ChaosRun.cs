using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.Cluster;
using RaftCluster.Chaos.Faults;
using RaftCluster.Chaos.History;
using RaftCluster.Chaos.Network;
using RaftCluster.Chaos.Workloads;

namespace RaftCluster.Chaos.Runs;

/// <summary>One cluster under load, from its start, through the faults of a plan, to its end.</summary>
internal sealed class ChaosRun : IAsyncDisposable
{
    /// <summary>The name of the history in a run's folder.</summary>
    public const string HistoryName = "history.jsonl";

    /// <summary>Logs are cut often, so that a node that was away has to be sent rows.</summary>
    private static readonly string[] _options = ["--snapshot-log", "1MiB", "--keep-log", "128KiB", "--snapshot-rate", "8MiB"];

    /// <summary>The exit code of a node that found damage.</summary>

    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _calm = TimeSpan.FromSeconds(3);

    private readonly RunOptions _asked;
    private readonly List<Violation> _violations = [];
    private readonly List<string> _unjudged = [];
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _watching = new();

    private ChaosRun(RunOptions options, Journal journal, NodeNetwork network, NodeGroup group, FaultContext context)
    {
        (_asked, Journal, Network, Group, Context) = (options, journal, network, group, context);
        Watcher = new Watcher(group.All, journal);
        Injector = new Injector(context);
        foreach (var node in group.All)
        {
            node.Started += started => Network.Tell(started.Id, isThere: true);
            node.Ended += Ended;
        }
    }

    /// <summary>What is being done, for whoever watches.</summary>
    public string Phase { get; private set; } = "starting nodes";

    /// <summary>What was written down.</summary>
    public Journal Journal { get; }

    /// <summary>The ways between nodes.</summary>
    public NodeNetwork Network { get; }

    /// <summary>The nodes.</summary>
    public NodeGroup Group { get; }

    /// <summary>What faults have to do with.</summary>
    public FaultContext Context { get; }

    /// <summary>What nodes say of themselves.</summary>
    public Watcher Watcher { get; }

    /// <summary>What is in force.</summary>
    public Injector Injector { get; }

    /// <summary>Sets it up; nothing runs yet.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="record">The first line of the history.</param>
    /// <param name="faults">The faults that may be put in.</param>
    /// <param name="program">The node's program.</param>
    /// <param name="stop">Ends the time of faults.</param>
    /// <exception cref="HarnessException">This machine can't.</exception>
    public static async Task<ChaosRun> CreateAsync(
        RunOptions options, RunRecord record, IReadOnlyList<Fault> faults, NodeProgram program, CancellationToken stop)
    {
        var hasSpare = faults.Any(fault => fault is MembershipFault);
        var count = options.Nodes + (hasSpare ? 1 : 0);
        NodeNetwork network = options.Network == NetworkKind.Namespaces
            ? await NamespaceNetwork.CreateAsync(count)
            : new DoorNetwork(MemberAddress.Make(count));
        try
        {
            return await CreateAsync(options, record, faults, program, network, stop);
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    private static async Task<ChaosRun> CreateAsync(
        RunOptions options, RunRecord record, IReadOnlyList<Fault> faults, NodeProgram program, NodeNetwork network, CancellationToken stop)
    {
        var hasSpare = faults.Any(fault => fault is MembershipFault);
        var journal = new Journal(Path.Combine(options.Folder, HistoryName));
        journal.Add(record);
        var environments = await EnvironmentsAsync(options, faults, network);
        var group = await NodeGroup.CreateAsync(program, options.Folder, network.Members, new NodeSetup
        {
            OwnDisks = faults.Any(fault => fault.NeedsDisks),
            Options = [.. _options, .. network.Options],
            LauncherOf = network.LauncherOf,
            HasSpare = hasSpare,

            // Who changes members names them to all nodes alike: then each is led to its own doors by the library in it.
            SeenBy = hasSpare ? null : network.SeenBy,
            EnvironmentOf = id => environments[id],
        });
        Onlookers.Write(options.Folder, group.Nodes);
        ChaosRun? run = null;
        var context = new FaultContext
        {
            Program = program,
            Group = group,
            Network = network,
            Journal = journal,
            World = new ClientWorld(group.Nodes, journal),
            Violate = violation => run!.Violate(violation),
            Folder = options.Folder,
            Stop = stop,
        };
        return run = new ChaosRun(options, journal, network, group, context);
    }

    /// <summary>Runs it to its end.</summary>
    /// <param name="plan">What is put in when.</param>
    /// <param name="time">How long clients work at least, also when nothing is put in.</param>
    /// <exception cref="HarnessException">The cluster did not even start.</exception>
    public async Task RunAsync(IReadOnlyList<PlannedFault> plan, TimeSpan time)
    {
        foreach (var node in Group.Nodes)
        {
            node.Start();
        }

        // Everybody, so that nothing is refused before anything is broken.
        var serves = await Until.IsAsync(
            _bound,
            async () => Group.Nodes.Any(node => node.ExitCode is not null)
                || (await Task.WhenAll(Group.Nodes.Select(node => NodeView.OfAsync(node, NodeView.Short)))).All(view => view?.Leader is not null));
        if (!serves || await Context.AwaitLeaderAsync() is null)
        {
            throw new HarnessException($"the cluster did not start: {NodeProcess.Ends(Group.Nodes)}");
        }

        var watching = Watcher.RunAsync(_watching.Token);
        var world = Context.World;
        using var load = new Load(world, _asked.Load, new Random(_asked.Seed));
        using var faultsEnd = new CancellationTokenSource();
        var backups = new Backups(Context, new Random(_asked.Seed));
        var saving = Task.CompletedTask;
        try
        {
            Phase = "opening accounts";
            await load.BeginAsync();
            Phase = "faults";

            // What a node that is wrong on purpose saves is not looked at.
            saving = _asked.Mutant is null ? backups.RunAsync(faultsEnd.Token) : saving;
            await Task.WhenAll(Injector.RunAsync(plan, time), Context.HoldAsync(time));
            await faultsEnd.CancelAsync();
            await saving;
            if (Context.Stop.IsCancellationRequested)
            {
                _unjudged.Add("it was interrupted, so its end was not looked at");
            }
            else
            {
                await EndAsync(load, world, backups);
            }
        }
        catch (HarnessException unable)
        {
            _unjudged.Add(unable.Message);
        }

        Phase = "judging";
        await faultsEnd.CancelAsync();
        await saving;
        await load.EndAsync();
        await load.EndFeedsAsync();
        await _watching.CancelAsync();
        await watching;
        lock (_lock)
        {
            Journal.Add(new EndRecord
            {
                At = Journal.Now,
                Violations = [.. _violations.Distinct().Select(each => new EndViolation(each.Promise.ToString(), each.Subject, each.Expected, each.Found))],
                Unjudged = _unjudged,
            });
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // Nobody is surprised by what ends now.
        using var claim = Context.Claim(Group.All);
        try
        {
            await Group.DisposeAsync();
        }
        finally
        {
            await Network.DisposeAsync();
            Journal.Dispose();
        }

        _watching.Dispose();
    }

    private static async Task<Dictionary<string, IReadOnlyDictionary<string, string>>> EnvironmentsAsync(
        RunOptions options, IReadOnlyList<Fault> faults, NodeNetwork network)
    {
        var needsShim = faults.Any(fault => fault.NeedsShim);
        var library = needsShim ? await NodeShim.BuildAsync(options.Folder) : null;
        var environments = new Dictionary<string, IReadOnlyDictionary<string, string>>();
        foreach (var member in network.Members)
        {
            var environment = new Dictionary<string, string>(
                library is null ? [] : await NodeShim.PrepareAsync(options.Folder, library, member.Id));
            if (network is DoorNetwork doors && faults.Any(fault => fault is MembershipFault))
            {
                environment[NodeShim.RoutesVariable] = doors.RoutesOf(member.Id);
            }

            if (options.Mutant is { } mutant)
            {
                environment["RAFTCLUSTER_MUTANT"] = mutant;
            }

            environments.Add(member.Id, environment);
        }

        return environments;
    }

    private async Task EndAsync(Load load, ClientWorld world, Backups backups)
    {
        Phase = "all is healed: waiting for everybody";
        await RecoverAsync();
        await Task.Delay(_calm, CancellationToken.None);
        if (_asked.Mutant is null)
        {
            await backups.TakeAsync();
        }

        await load.EndAsync();
        await new Ending(Context, load, world).RunAsync(doing => Phase = doing);
        Phase = "restoring backups";
        await backups.RestoreAllAsync();
    }

    private async Task RecoverAsync()
    {
        var recovered = await Until.IsAsync(_bound, async () =>
        {
            var views = await Task.WhenAll(Group.Nodes.Select(node => NodeView.OfAsync(node, NodeView.Short)));
            return views.All(view => view?.Leader is not null && view.Leader == views[0]!.Leader && !view.IsRebuilding);
        });
        if (!recovered)
        {
            Violate(new Violation(
                Promise.NodesRecover,
                "all nodes",
                $"nodes that serve and know one leader within {_bound.TotalSeconds} s of the last healing",
                NodeProcess.Ends(Group.Nodes)));
        }
    }

    private void Ended(NodeProcess node)
    {
        Network.Tell(node.Id, isThere: false);
        if (Context.IsClaimed(node))
        {
            return;
        }

        if (node == Context.Rotten && node.ExitCode == FailStops.Corrupt)
        {
            // Noticed when a row was read. Its next start rebuilds it.
            node.Start();
        }
        else
        {
            Violate(new Violation(Promise.NodesRecover, node.Id, "a process that goes on, for nothing ended it", node.End));
        }
    }

    private void Violate(Violation violation)
    {
        lock (_lock)
        {
            _violations.Add(violation);
        }
    }
}
