using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Checks;

/// <summary>What nodes say of themselves: one leader a term, terms and positions that never go back, one state at an index.</summary>
internal static class ViewCheck
{
    /// <summary>Judges all views.</summary>
    /// <param name="views">In the order in which they came.</param>
    /// <param name="faults">After a node lost its disk's contents on purpose, its position may go back.</param>
    public static IEnumerable<Violation> Judge(IReadOnlyCollection<ViewRecord> views, IReadOnlyCollection<FaultRecord> faults) =>
        [.. Leaders(views), .. Terms(views, faults), .. States(views), .. Positions(views, faults)];

    /// <summary>What leaders say of themselves. Whom a follower follows may be of the term before, whose successor's number it knows already.</summary>
    private static IEnumerable<Violation> Leaders(IEnumerable<ViewRecord> views)
    {
        var leaders = new Dictionary<long, ViewRecord>();
        foreach (var view in views.Where(view => view.Role == "leader"))
        {
            if (!leaders.TryAdd(view.Term, view) && leaders[view.Term].Node != view.Node)
            {
                yield return new Violation(
                    Promise.OneLeaderATerm, $"term {view.Term}", $"{leaders[view.Term].Node} alone", $"{view.Node} says that it leads, too");
            }
        }
    }

    private static IEnumerable<Violation> Terms(IEnumerable<ViewRecord> views, IReadOnlyCollection<FaultRecord> faults) =>
        from node in views.GroupBy(view => view.Node)
        from pair in node.OrderBy(view => view.Begin).Zip(node.OrderBy(view => view.Begin).Skip(1))
        where pair.Second.Term < pair.First.Term
            && !faults.Any(fault => IsMembership(fault) && fault.Nodes.Contains(node.Key) && fault.Begin <= pair.Second.End && pair.First.Begin <= fault.End)
        select new Violation(Promise.OneLeaderATerm, $"the term of {node.Key}", $"{pair.First.Term} or more", $"{pair.Second.Term}");

    /// <summary>A member that is removed and joins anew has an empty disk, and no term yet.</summary>
    private static bool IsMembership(FaultRecord fault) => fault.Fault == "membership";

    private static IEnumerable<Violation> States(IEnumerable<ViewRecord> views)
    {
        var states = new Dictionary<long, ViewRecord>();
        foreach (var view in views)
        {
            if (!states.TryAdd(view.Applied, view) && states[view.Applied] is var other
                && (other.StateHash, other.Revision) != (view.StateHash, view.Revision))
            {
                yield return new Violation(
                    Promise.NodesAreEqual,
                    $"index {view.Applied}",
                    $"as on {other.Node}: revision {other.Revision}, state {other.StateHash}",
                    $"on {view.Node}: revision {view.Revision}, state {view.StateHash}");
            }
        }
    }

    /// <summary>Among all nodes, what is applied is never less than what any had applied before: a majority remembers it.</summary>
    private static IEnumerable<Violation> Positions(IReadOnlyCollection<ViewRecord> views, IReadOnlyCollection<FaultRecord> faults)
    {
        var newest = new Dictionary<string, ViewRecord>();
        foreach (var view in views)
        {
            if (newest.TryGetValue(view.Node, out var before) && before.Revision > view.Revision
                && !faults.Any(fault => fault.Begin <= view.End && before.Begin <= fault.End && fault.Nodes.Contains(view.Node)))
            {
                yield return new Violation(
                    Promise.NodesAreEqual, $"the revision of {view.Node}, which nothing was done to", $"{before.Revision} or more", $"{view.Revision}");
            }

            newest[view.Node] = view;
        }
    }
}
