using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.Cluster;
using RaftCluster.Chaos.History;
using RaftCluster.Chaos.Workloads;

namespace RaftCluster.Chaos.Scenarios;

/// <summary>Holds a cluster to what its clients were told, and its nodes to each other.</summary>
/// <param name="program">The node's program.</param>
/// <param name="group">The nodes.</param>
/// <param name="recorder">What its clients were told.</param>
/// <param name="chance">Decides which node is asked, and for which rows.</param>
/// <param name="folder">Where the logs that were read are kept.</param>
/// <param name="tell">Is told what is going on.</param>
internal sealed class Audit(
    NodeProgram program, NodeGroup group, Recorder recorder, Random chance, string folder, Action<string> tell)
{
    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(60);

    private readonly List<Violation> _violations = [];

    /// <summary>All rows and a sample of them one by one, linearizably, through one node; nobody writes meanwhile.</summary>
    /// <exception cref="HarnessException">The node doesn't answer.</exception>
    public async Task<IReadOnlyList<Violation>> RowsAsync(NodeProcess node)
    {
        using var reader = new Reader(node);
        var (operations, picture) = (recorder.Operations, await reader.AllAsync());
        return
        [
            .. RowCheck.Judge(operations, picture),
            .. RevisionCheck.Judge(operations, picture),
            .. await SampleCheck.JudgeAsync(reader, operations, picture, chance),
        ];
    }

    /// <summary>The logs of some nodes, none of which runs.</summary>
    /// <exception cref="HarnessException">One can't be read.</exception>
    public Task<IReadOnlyDictionary<string, LogCopy>> ReadLogsAsync(string when, IReadOnlyList<NodeProcess> nodes) =>
        LogReader.ReadAllAsync(program, group, nodes, folder, when);

    /// <summary>Everything, when all nodes run and nobody writes: rows, copies, then the logs of the stopped nodes.</summary>
    /// <exception cref="HarnessException">A node doesn't answer.</exception>
    public async Task<IReadOnlyList<Violation>> EndAsync(CancellationToken stop)
    {
        if (await ConvergeAsync(stop) is { } applied)
        {
            _violations.AddRange(await RowsAsync(group.Nodes[chance.Next(group.Nodes.Count)]));
            await CompareCopiesAsync();
            await StopAndCompareLogsAsync(applied);
        }

        return _violations;
    }

    /// <summary>Waits until all nodes have applied the same.</summary>
    /// <returns>The last index applied; null when they don't.</returns>
    private async Task<long?> ConvergeAsync(CancellationToken stop)
    {
        tell("comparing nodes");
        var same = await Agreement.AwaitAsync(group.Nodes, _bound, HttpConnection.Hang, stop);
        if (same.Agreed is { } agreed)
        {
            return agreed.Applied;
        }

        _violations.Add(new Violation(
            Promise.NodesAreEqual,
            "all nodes",
            same.IsReached ? "one state" : $"one applied index within {_bound.TotalSeconds} s",
            string.Join("; ", group.Nodes.Zip(same.Views, (node, view) => $"{node.Id}: {view?.ToString() ?? node.End}"))));
        return null;
    }

    private async Task CompareCopiesAsync()
    {
        Picture? first = null;
        foreach (var node in group.Nodes)
        {
            using var reader = new Reader(node);
            var picture = await reader.AllAsync();
            first ??= picture;
            var other = picture.Items.FirstOrDefault(item => first.Items.GetValueOrDefault(item.Key) != item.Value);
            if (picture.Items.Count != first.Items.Count || other.Key is not null)
            {
                _violations.Add(new Violation(
                    Promise.NodesAreEqual,
                    other.Key ?? "all rows",
                    $"as on {group.Nodes[0].Id}: {(other.Key is null ? first.Items.Count : first.Items.GetValueOrDefault(other.Key))}",
                    $"on {node.Id}: {(other.Key is null ? picture.Items.Count : other.Value)}"));
            }
        }
    }

    private async Task StopAndCompareLogsAsync(long applied)
    {
        tell("stopping nodes");
        var ends = await Task.WhenAll(group.Nodes.Select(node => node.StopAsync()));
        _violations.AddRange(group.Nodes.Zip(ends)
            .Where(end => end.Second != 0)
            .Select(end => new Violation(Promise.NodesRecover, end.First.Id, "a clean stop", end.First.End)));
        var copies = await ReadLogsAsync("end", group.Nodes);
        _violations.AddRange(LogCheck.Sound(copies));
        _violations.AddRange(LogCheck.Equal(copies, applied));
    }
}
