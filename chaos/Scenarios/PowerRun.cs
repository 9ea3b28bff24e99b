using System.Diagnostics;
using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.Cluster;
using RaftCluster.Chaos.Faults;
using RaftCluster.Chaos.History;
using RaftCluster.Chaos.Workloads;

namespace RaftCluster.Chaos.Scenarios;

/// <summary>One cluster, from its beginning, through a loss of power, to its end.</summary>
internal sealed class PowerRun
{
    private const int WritesBefore = 20;
    private const int WritesAfter = 60;
    private const int ValueBytes = 4_000;

    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(60);

    private readonly PowerOptions _options;
    private readonly string _folder;
    private readonly Action<string> _tell;
    private readonly CancellationToken _stop;
    private readonly Random _chance;
    private readonly PowerPlan _plan;
    private readonly Recorder _recorder = new();
    private readonly List<Violation> _violations = [];
    private readonly NodeGroup _group;
    private readonly Audit _audit;
    private readonly int _number;
    private IReadOnlyList<int> _victims;
    private string _story = "";
    private string? _unjudged;

    private PowerRun(
        PowerOptions options, PowerPlan plan, Random chance, NodeProgram program, int number, string folder, NodeGroup group,
        Action<string> tell, CancellationToken stop)
    {
        (_options, _plan, _chance, _number, _folder, _group, _tell, _stop) = (options, plan, chance, number, folder, group, tell, stop);
        _victims = plan.Victims;
        _audit = new Audit(program, group, _recorder, _chance, folder, tell);
    }

    private IEnumerable<NodeProcess> Victims => _victims.Select(at => _group.Nodes[at]);

    /// <summary>Does it.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="program">The node's program.</param>
    /// <param name="preload">A library that is loaded into each node first; null for none.</param>
    /// <param name="number">The run's number.</param>
    /// <param name="folder">A folder of its own; removed when nothing is wrong.</param>
    /// <param name="tell">Is told what is going on.</param>
    /// <param name="stop">Ends it early.</param>
    public static async Task<RunResult> RunAsync(
        PowerOptions options, NodeProgram program, string? preload, int number, string folder, Action<string> tell, CancellationToken stop)
    {
        var begun = Stopwatch.GetTimestamp();
        Directory.CreateDirectory(folder);
        tell("making disks");
        try
        {
            var run = await JudgedAsync(options, program, preload, number, folder, tell, stop);
            var result = run.Result(begun);
            await run.KeepAsync(result);
            return result;
        }
        catch (OperationCanceledException)
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    private static async Task<PowerRun> JudgedAsync(
        PowerOptions options, NodeProgram program, string? preload, int number, string folder, Action<string> tell, CancellationToken stop)
    {
        var chance = new Random(unchecked((options.Seed * 1_000_003) + number));
        var plan = PowerPlan.Of(options, number, chance);
        var setup = new NodeSetup
        {
            OwnDisks = true,
            Options = plan.Snapshot is null ? [] : Straggler.Options,
            EnvironmentOf = preload is null ? null : _ => new Dictionary<string, string> { ["LD_PRELOAD"] = preload },
        };
        await using var group = await NodeGroup.CreateAsync(program, folder, MemberAddress.Make(options.Nodes), setup);
        var run = new PowerRun(options, plan, chance, program, number, folder, group, tell, stop);
        try
        {
            await run.RunAsync();
        }
        catch (HarnessException unable)
        {
            run._unjudged = unable.Message;
        }

        return run;
    }

    private RunResult Result(long begun)
    {
        var operations = _recorder.Operations;
        var faults = operations.Where(write => write.Outcome is WriteOutcome.Fault).Select(write => new Violation(
            Promise.AnswersAreHonest,
            write.Key,
            $"an answer of {write.Node} that says what became of the write",
            write.Outcome.ToString()!));
        // What is expected of a mutant is nothing to look into.
        var isKept = !_options.NoSync && (_violations.Count > 0 || _unjudged is not null || faults.Any());
        return new RunResult(
            _number,
            _story,
            _recorder.Acknowledged,
            operations.Count(write => write.Outcome is WriteOutcome.Refused),
            operations.Count(write => write.Outcome is WriteOutcome.Unknown),
            [.. _violations.Concat(faults).Distinct()],
            _unjudged,
            Stopwatch.GetElapsedTime(begun),
            isKept ? _folder : null);
    }

    /// <summary>Keeps what is needed to look into a fault; removes everything when there is none.</summary>
    private async Task KeepAsync(RunResult result)
    {
        if (result.Folder is null)
        {
            Directory.Delete(_folder, recursive: true);
            return;
        }

        await _recorder.SaveAsync(Path.Combine(_folder, "history.jsonl"));
        string[] lines = [_options.Repeat(_number), _story, .. result.Violations.Select(each => each.ToString()), result.Unjudged ?? ""];
        await File.WriteAllLinesAsync(Path.Combine(_folder, "violations.txt"), lines, CancellationToken.None);
    }

    private async Task RunAsync()
    {
        _tell("starting nodes");
        foreach (var node in _group.Nodes)
        {
            node.Start();
        }

        var leader = await LeaderAsync(_group.Nodes)
            ?? throw new HarnessException($"the cluster did not start: {NodeProcess.Ends(_group.Nodes)}");
        if (_options.NoSync)
        {
            // As the system does in time, so that there is a cluster at all that can forget something.
            foreach (var volume in _group.Volumes)
            {
                volume.SyncAll();
            }
        }

        var late = Late(leader);
        _story = $"power of {Names(_victims)} cut "
            + (late is null ? $"after {_plan.After.TotalSeconds:0.00} s" : $"when {late.Id} had {_plan.Snapshot:P0} of a snapshot")
            + $", leader {leader.Id}"
            + (_plan.Later.Count > 0 ? $", {Names(_plan.First)} back first" : "");
        var survivors = _options.Victims == Scenarios.Victims.All ? await LosePowerOfAllAsync(late) : await LosePowerOfOneAsync(late);
        if (survivors)
        {
            _violations.AddRange(await _audit.EndAsync(_stop));
        }
    }

    /// <summary>The node that is to fall behind; null for none. Where its power is to go, it is the victim.</summary>
    private NodeProcess? Late(NodeProcess leader)
    {
        if (_plan.Snapshot is null)
        {
            return null;
        }

        var followers = _group.Nodes.Where(node => node != leader).ToList();
        var late = followers[_chance.Next(followers.Count)];
        if (_plan.OfReceiver && _options.Victims == Scenarios.Victims.One)
        {
            _victims = [_group.Nodes.ToList().IndexOf(late)];
        }

        return late;
    }

    /// <summary>Lets time pass until the power goes: so long, or until the straggler has so much of a snapshot.</summary>
    private async Task WaitForTheMomentAsync(NodeProcess? late)
    {
        if (late is null)
        {
            await Task.Delay(_plan.After, _stop);
            return;
        }

        _tell($"{late.Id} falls behind");
        await Straggler.FallBehindAsync(late, [.. _group.Nodes.Where(node => node != late)], _stop);
        _tell($"{late.Id} receives a snapshot");
        await Straggler.ReceivesAsync(late, _plan.Snapshot!.Value, _stop);
    }

    /// <returns>Whether the cluster is up again.</returns>
    private async Task<bool> LosePowerOfAllAsync(NodeProcess? late)
    {
        await using (var writers = await WriteAsync("a", WritesBefore))
        {
            _tell("writing");
            await WaitForTheMomentAsync(late);
            await CutPowerAsync();
        }

        _tell("reading the disks");
        var copies = await _audit.ReadLogsAsync("cut", _group.Nodes);
        _violations.AddRange(LogCheck.Sound(copies));
        _violations.AddRange(LogCheck.OnAMajority(_recorder.Operations, copies));
        if (!await StartAsync(_plan.First))
        {
            return false;
        }

        var up = _plan.First.Select(at => _group.Nodes[at]).ToList();
        _tell("checking rows");
        _violations.AddRange(await _audit.RowsAsync(up[_chance.Next(up.Count)]));
        // What the others still have alone must give way to what the majority goes on with.
        await using (var writers = await WriteAsync("b", WritesAfter))
        {
            await writers.FinishAsync();
        }

        return await StartAsync(_plan.Later);
    }

    /// <returns>Whether the cluster is complete again.</returns>
    private async Task<bool> LosePowerOfOneAsync(NodeProcess? late)
    {
        await using var writers = await WriteAsync("a", WritesBefore);
        _tell("writing");
        await WaitForTheMomentAsync(late);
        await CutPowerAsync();
        if (!await GoOnAsync(writers, "the other nodes"))
        {
            return false;
        }

        _tell("reading the disk");
        _violations.AddRange(LogCheck.Sound(await _audit.ReadLogsAsync("cut", [.. Victims])));
        if (!await StartAsync(_victims))
        {
            return false;
        }

        var goesOn = await GoOnAsync(writers, "all nodes");
        await writers.FinishAsync();
        return goesOn;
    }

    private async Task<bool> GoOnAsync(Writers writers, string who)
    {
        var goesOn = await writers.ProgressAsync(WritesAfter, _bound, _stop);
        if (!goesOn)
        {
            _violations.Add(new Violation(Promise.NodesRecover, who, "writes that go on", $"not enough within {_bound.TotalSeconds} s"));
        }

        return goesOn;
    }

    private async Task<Writers> WriteAsync(string prefix, int atLeast)
    {
        var bytes = _plan.Snapshot is null ? ValueBytes : Straggler.ValueBytes;
        var writers = Writers.Start(_group.Nodes, _recorder, prefix, _options.Writers, bytes, _chance);
        var isWriting = false;
        try
        {
            isWriting = await writers.ProgressAsync(atLeast, _bound, _stop);
            return isWriting
                ? writers
                : throw new HarnessException($"no {atLeast} writes were acknowledged within {_bound.TotalSeconds} s");
        }
        finally
        {
            if (!isWriting)
            {
                await writers.DisposeAsync();
            }
        }
    }

    private Task CutPowerAsync()
    {
        _tell("power off");
        return PowerCut.AllAtOnceAsync(_group, [.. Victims]);
    }

    private async Task<bool> StartAsync(IReadOnlyList<int> nodes)
    {
        _tell($"starting {Names(nodes)}");
        foreach (var at in nodes)
        {
            _group.Nodes[at].Start();
        }

        var up = _group.Nodes.Where(node => node.IsUp || nodes.Any(at => _group.Nodes[at] == node)).ToList();
        if (await LeaderAsync(up) is not null && await CatchUpAsync(up))
        {
            return true;
        }

        _violations.Add(new Violation(
            Promise.NodesRecover,
            Names(nodes),
            $"nodes that serve, know a leader and have what the others have within {_bound.TotalSeconds} s",
            NodeProcess.Ends(up)));
        return false;
    }

    /// <summary>Waits until each of these nodes has applied what any of them has now: one may still be sent a snapshot.</summary>
    /// <returns>Whether they did.</returns>
    private async Task<bool> CatchUpAsync(IReadOnlyList<NodeProcess> nodes)
    {
        var applied = 0L;
        return _plan.Snapshot is null || await Until.HasAsync(
            _bound,
            async () =>
            {
                var views = await Task.WhenAll(nodes.Select(NodeView.OfAsync));
                applied = applied == 0 ? views.Max(view => view?.Applied ?? 0) : applied;
                return applied > 0 && views.All(view => view?.Applied >= applied) ? views : null;
            },
            _stop) is not null;
    }

    /// <summary>Waits until all of these nodes know the same leader.</summary>
    private Task<NodeProcess?> LeaderAsync(IReadOnlyList<NodeProcess> nodes) => Until.HasAsync(
        _bound,
        async () =>
        {
            var views = await Task.WhenAll(nodes.Select(NodeView.OfAsync));
            var leader = views[0]?.Leader;
            return leader is not null && views.All(view => view?.Leader == leader && view.Term == views[0]!.Term)
                ? nodes.FirstOrDefault(node => node.Id == leader)
                : null;
        },
        _stop);

    private string Names(IEnumerable<int> nodes) => string.Join(' ', nodes.Select(at => _group.Nodes[at].Id));
}
