using System.Globalization;
using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Checks;

/// <summary>A figure beside the one that a long run is to reach.</summary>
/// <param name="Name">What was measured or counted.</param>
/// <param name="Reached">What came of it.</param>
/// <param name="Target">What thirty minutes on two cores are to reach.</param>
/// <param name="IsReached">Whether it does; null when there was nothing to measure.</param>
internal sealed record Figure(string Name, string Reached, string Target, bool? IsReached);

/// <summary>
/// What a run comes to in figures. They are no promises: a short run is as good as a long one in what it looked at, and a slow
/// machine as good as a fast one. So none of them changes the verdict.
/// </summary>
internal static class Figures
{
    private const double LeastOverlap = 0.25;

    /// <summary>While these are in force, there is no majority that could serve.</summary>
    private static readonly HashSet<string> _withoutMajority =
        ["kill-majority", "kill-all", "pause-majority", "power-all", "half-snapshot", "late-request"];

    /// <summary>While these are in force, the nodes they meet count for no majority.</summary>
    private static readonly HashSet<string> _takesNodes =
    [
        "kill-leader", "kill-follower", "pause-leader", "pause-follower", "isolate-leader", "halves", "deaf-leader", "mute-leader", "bridge", "ring",
        "rolling-restart", "snapshot", "membership", "bit-rot", "crash-at-call", "unplug", "disk-error", "disk-full", "power-one",
    ];

    /// <summary>Who lacks what others had applied so long before, in microseconds, is behind: it may have to be sent the rows first.</summary>
    private const long Behind = 2_000_000;

    private static readonly string[] _crashes = ["kill-leader", "power-one"];
    private static readonly string[] _oneWay = ["deaf-leader", "mute-leader"];

    /// <summary>Counts and measures.</summary>
    /// <param name="history">The history.</param>
    /// <param name="judged">What it comes to.</param>
    /// <param name="gaps">The gaps around its faults.</param>
    public static IReadOnlyList<Figure> Of(RunHistory history, Judgement judged, IReadOnlyList<Gap> gaps)
    {
        var installed = history.Faults.Where(fault => fault.Effect == Effect.Installed).ToList();
        var overlapping = installed.Count(fault => history.Faults.Any(fault.Overlaps));
        var share = installed.Count == 0 ? 0 : (double)overlapping / installed.Count;
        var crashes = gaps.Where(gap => _crashes.Contains(gap.Fault.Fault) && HasMajority(history, gap.Fault)).ToList();
        var alone = Sorted(crashes.Where(gap => !history.Faults.Any(gap.Fault.Overlaps)));
        var among = Sorted(crashes.Where(gap => gap.FromHealth && history.Faults.Any(gap.Fault.Overlaps)));
        var oneWay = Sorted(gaps.Where(gap => _oneWay.Contains(gap.Fault.Fault) && !history.Faults.Any(gap.Fault.Overlaps)));
        var (turned, noticed, served) = (Sum(history, fault => fault.BitsTurned), Sum(history, fault => fault.BitsNoticed), Served(history, judged));
        return
        [
            AtLeast("operations checked", history.Operations.Count, 500_000),
            AtMost("of them wrong", judged.Violations.Count, 0),
            AtMost("not judged", judged.Unjudged.Count, 0),
            AtLeast("faults that took effect", installed.Count, 300),
            AtLeast("kinds of them", installed.DistinctBy(fault => fault.Fault).Count(), 20),
            new("of them overlapping", Percent(share), Percent(LeastOverlap), share >= LeastOverlap),
            AtLeast("all nodes killed at once", Sum(history, fault => fault.KilledAll), 100),
            AtLeast("all power cut at once", Sum(history, fault => fault.PowerLostAll), 60),
            AtMost("acknowledged writes lost", Lost(judged), 0),
            AtLeast($"bits turned and noticed (of {turned} turned)", noticed, 50),
            AtMost("bits served wrongly", served, 0),
            Time($"write gap after a leader's crash alone ({alone.Count}): median", At(alone, 0.5), 600_000),
            Time("the longest", At(alone, 1), 1_000_000),
            Time($"write gap after a leader's crash among other faults ({among.Count}): p99", At(among, 0.99), 3_000_000),
            Time("the longest of these", At(among, 1), 5_000_000),
            Time($"write gap after a one-way cut alone ({oneWay.Count}): the longest", At(oneWay, 1), 6_000_000),
        ];
    }

    /// <summary>Whether a crash leaves a majority: not where another node of three was taken by a fault in force at the same time, or was behind.</summary>
    private static bool HasMajority(RunHistory history, FaultRecord crash)
    {
        var others = history.Faults.Where(crash.Overlaps).ToList();
        var taken = others.Where(other => _takesNodes.Contains(other.Fault)).SelectMany(other => other.Nodes)
            .Union(crash.Nodes).Union(BehindAt(history, crash.Begin)).Count();
        return !others.Exists(other => _withoutMajority.Contains(other.Fault)) && (history.Run is not { } run || taken * 2 < run.Nodes.Count);
    }

    /// <summary>The nodes that were there and had not applied by then what some node had a while before.</summary>
    private static IEnumerable<string> BehindAt(RunHistory history, long moment)
    {
        var before = history.Views.Where(view => view.End <= moment).ToList();
        var reached = before.Where(view => view.End <= moment - Behind).Select(view => view.Applied).DefaultIfEmpty(0).Max();
        return before.Where(view => view.End > moment - Behind).GroupBy(view => view.Node)
            .Where(views => views.MaxBy(view => view.End)!.Applied < reached).Select(views => views.Key);
    }

    private static List<long> Sorted(IEnumerable<Gap> gaps) => [.. gaps.Select(gap => gap.Write).Order()];

    private static long? At(List<long> sorted, double share) =>
        sorted.Count == 0 ? null : sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Count) - 1)];

    private static int Sum(RunHistory history, Func<FaultRecord, int?> which) => history.Faults.Sum(fault => which(fault) ?? 0);

    private static int Lost(Judgement judged) => judged.Violations.Count(violation =>
        violation.Promise is Promise.NothingAcknowledgedIsLost or Promise.CommittedMeansOnAMajorityOfDisks);

    /// <summary>Wrong answers of the node whose bits turned, after the first time.</summary>
    private static int Served(RunHistory history, Judgement judged) =>
        history.Faults.Where(fault => fault.BitsTurned > 0).MinBy(fault => fault.Begin) is { } first
            ? judged.Violations.Count(violation => violation.Evidence.Any(operation =>
                operation.Consistency is not null && operation.End > first.Begin && first.Nodes.Contains(operation.Node)))
            : 0;

    private static Figure AtLeast(string name, int count, int target) => new(name, Number(count), $"at least {Number(target)}", count >= target);

    private static Figure AtMost(string name, int count, int target) => new(name, Number(count), Number(target), count <= target);

    private static Figure Time(string name, long? micros, long target) => new(
        name, micros is { } time ? Seconds(time) : "–", $"at most {Seconds(target)}", micros is { } measured ? measured <= target : null);

    private static string Number(int count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0} %");

    private static string Seconds(long micros) => string.Create(CultureInfo.InvariantCulture, $"{micros / 1e6:0.00} s");
}
