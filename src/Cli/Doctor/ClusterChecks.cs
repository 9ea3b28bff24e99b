using System.Globalization;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary>What is looked at in the cluster as a whole.</summary>
internal static class ClusterChecks
{
    internal static IEnumerable<Finding> Of(IReadOnlyList<Patient> patients) =>
    [
        .. Quorum(patients), .. Leader(patients), .. Replicas(patients), .. Clocks(patients), .. Versions(patients), .. Settings(patients),
    ];

    private static IEnumerable<Finding> Quorum(IReadOnlyList<Patient> patients)
    {
        const string check = "quorum";
        foreach (var patient in patients.Where(patient => patient.View.Status is null))
        {
            yield return new Finding(
                Severity.Warning, "reachable", patient.Name, $"no answer from {patient.View.Url.GetLeftPart(UriPartial.Authority)}: {patient.View.Failure}",
                "See whether its process runs and what its log says; start it again on its data, and it catches up.");
        }

        var voters = patients.SelectMany(patient => patient.View.Status?.Members ?? [])
            .Where(member => member.Role is "voter").Select(member => member.Id).Distinct().ToList();
        if (voters.Count == 0)
        {
            yield return new Finding(
                Severity.Critical, check, null, "no node could be asked",
                "Name the nodes with --endpoints or RAFT_ENDPOINTS, or start them.");
            yield break;
        }

        var up = patients.Where(patient => patient.View.Status is { Rebuilding: null }).Select(patient => patient.Name).Intersect(voters).Count();
        var quorum = (voters.Count / 2) + 1;
        var said = $"{up} of {voters.Count} voters work, {quorum} are needed";
        yield return (up - quorum, voters.Count) switch
        {
            ( < 0, _) => new Finding(
                Severity.Critical, check, null, $"{said}: nothing can be written, and no fresh read answered",
                "Start the nodes that are away; none of the data is lost by waiting."),
            (0, 1) => new Finding(
                Severity.Note, check, null, $"{said}: this node is the whole cluster, and can't be done without"),
            (0, _) => new Finding(
                Severity.Warning, check, null, $"{said}: one more failure stops all writes",
                "Bring back the nodes that are away, or are being rebuilt, before any maintenance."),
            (var spare, _) => new Finding(
                Severity.Good, check, null, string.Create(CultureInfo.InvariantCulture, $"{said}: {spare} more can fail")),
        };
    }

    private static IEnumerable<Finding> Leader(IReadOnlyList<Patient> patients)
    {
        const string check = "leader";
        if (patients.All(patient => patient.View.Status is null))
        {
            yield break;
        }

        var leader = StatusReport.LeaderOf(patients.Select(patient => patient.View.Status));
        if (leader is null)
        {
            yield return new Finding(
                Severity.Critical, check, null, "no reachable node leads",
                "A majority must run and reach each other at their peer addresses; with --failover manual, 'raftctl failover' makes one lead.");
            yield break;
        }

        yield return new Finding(Severity.Good, check, null, $"{leader.Node} leads in term {leader.Term}");
        foreach (var other in patients.Where(patient => patient.View.Status is { } status && status.Leader?.Id != leader.Node))
        {
            yield return new Finding(
                Severity.Warning, check, other.Name, $"does not know {leader.Node} as the leader, but {other.View.Status!.Leader?.Id ?? "nobody"}",
                "When that stays so, it can't be reached by the leader: see its peer address and what is in between.");
        }
    }

    private static IEnumerable<Finding> Replicas(IReadOnlyList<Patient> patients)
    {
        const string check = "replicas";
        var same = patients.Where(patient => patient.View.Status?.StateHash is not null)
            .GroupBy(patient => patient.View.Status!.Revision).ToList();
        var differ = same.Find(group => group.Select(patient => patient.View.Status!.StateHash).Distinct().Count() > 1);
        if (differ is not null)
        {
            yield return new Finding(
                Severity.Critical, check, null,
                $"at revision {differ.Key} the state hashes differ: {string.Join(", ", differ.Select(patient => $"{patient.Name} {patient.View.Status!.StateHash}"))}",
                "Stop writing, keep all data folders, and rebuild the node that differs from the others with --rebuild.");
        }
        else if (same.Count > 0)
        {
            var most = same.MaxBy(group => group.Count())!;
            yield return new Finding(
                Severity.Good, check, null,
                most.Count() > 1
                    ? $"{most.Count()} nodes at revision {most.Key} have the same state hash"
                    : "no two nodes stood at the same revision when asked; each compares itself with the leader at every request");
        }
    }

    private static IEnumerable<Finding> Clocks(IReadOnlyList<Patient> patients)
    {
        const string check = "clock";
        var told = patients.Where(patient => patient.Report is not null).ToList();
        if (told.Count == 0)
        {
            yield break;
        }

        var (slowest, fastest) = (told.MinBy(patient => patient.ClockMs)!, told.MaxBy(patient => patient.ClockMs)!);
        var (apart, doubt) = (fastest.ClockMs - slowest.ClockMs, fastest.DoubtMs + slowest.DoubtMs);
        var limit = told.Min(patient => patient.Report!.MaxClockSkewMs);
        var said = told.Count == 1
            ? $"{Ms(Math.Abs(told[0].ClockMs))} apart from this machine's, give or take {Ms(told[0].DoubtMs)}"
            : $"{slowest.Name}'s and {fastest.Name}'s are {Ms(apart)} apart, give or take {Ms(doubt)}; {Ms(limit)} is too much (--max-clock-skew)";
        apart = told.Count == 1 ? 0 : Math.Max(0, apart - doubt);
        yield return apart >= limit
            ? new Finding(Severity.Critical, check, null, said, "Set the clocks, by NTP or chrony: a node whose clock is far off most others' stops.")
            : apart >= limit / 10
                ? new Finding(Severity.Warning, check, null, said, "See that NTP or chrony runs and is in step on both.")
                : new Finding(Severity.Good, check, null, said);
    }

    private static IEnumerable<Finding> Versions(IReadOnlyList<Patient> patients)
    {
        const string check = "version";
        var versions = patients.Where(patient => patient.Report is not null)
            .GroupBy(patient => $"{patient.Report!.Version}, protocol {patient.Report.Protocol}").OrderBy(group => group.Key, StringComparer.Ordinal).ToList();
        if (versions.Count > 1)
        {
            yield return new Finding(
                Severity.Warning, check, null,
                string.Join("; ", versions.Select(group => $"{string.Join(", ", group.Select(patient => patient.Name))}: {group.Key}")),
                "Right while nodes are being replaced one by one; otherwise bring the older ones up.");
        }
        else if (versions.Count == 1)
        {
            yield return new Finding(Severity.Good, check, null, $"all run {versions[0].Key}");
        }
    }

    /// <summary>What must be the same on all nodes, or one of them decides otherwise when it leads.</summary>
    private static IEnumerable<Finding> Settings(IReadOnlyList<Patient> patients)
    {
        (string Name, Func<NodeReport, string> Of)[] settings =
        [
            ("--election-timeout", report => Ms(report.ElectionTimeoutMs)),
            ("--heartbeat-interval", report => Ms(report.HeartbeatIntervalMs)),
            ("--keep-history", report => report.KeepHistoryMs is { } age ? Ms(age) : "forever"),
            ("--keep-revisions", report => report.KeepRevisions?.ToString(CultureInfo.InvariantCulture) ?? "all"),
        ];
        foreach (var (name, of) in settings)
        {
            var values = patients.Where(patient => patient.Report is not null).GroupBy(patient => of(patient.Report!)).ToList();
            if (values.Count > 1)
            {
                yield return new Finding(
                    Severity.Warning, "settings", null,
                    $"{name} differs: {string.Join("; ", values.Select(group => $"{group.Key} at {string.Join(", ", group.Select(patient => patient.Name))}"))}",
                    "Start all nodes with the same: whoever leads decides by its own.");
            }
        }
    }

    internal static string Ms(double milliseconds) => milliseconds switch
    {
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.##} ms"),
        < 3_600_000 => string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 1000:0.##} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 3_600_000:0.##} h"),
    };
}
