using System.Globalization;
using static RaftCluster.Cli.ClusterChecks;

namespace RaftCluster.Cli;

/// <summary>What is looked at in each node.</summary>
internal static class NodeChecks
{
    private const long MuchBehind = 10_000;
    private const double SlowSyncMs = 100;
    private const double VerySlowSyncMs = 1000;


    private static readonly TimeSpan _expiresSoon = TimeSpan.FromDays(30);

    private static readonly string[] _goodClocks = ["tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page", "xen"];

    internal static IEnumerable<Finding> Of(Patient patient, long? lag) =>
    [
        .. Disk(patient), .. Sync(patient), .. State(patient, lag), .. Elections(patient), .. Retention(patient), .. Certificate(patient), .. Clock(patient),
    ];

    private static IEnumerable<Finding> Disk(Patient patient)
    {
        const string check = "disk";
        if (patient.View.Status?.Disk is not { } disk)
        {
            yield break;
        }

        var said = $"{Bytes.Show(disk.Free)} of {Bytes.Show(disk.Total)} are free at {disk.Folder}; reserve {Bytes.Show(disk.Reserve)}, "
            + $"to rewrite files {Bytes.Show(disk.Working)}";
        var needed = disk.Reserve + disk.Working;
        yield return disk switch
        {
            { Low: true } => new Finding(
                Severity.Critical, check, patient.Name, $"{said}: too little, only what makes room is written",
                "Give the disk more room, or delete rows in parts and run 'raftctl compact' after each; writes go on by themselves then."),
            { Reserve: 0 } => new Finding(
                Severity.Note, check, patient.Name, $"{said}: with --disk-reserve 0 the node ends when the disk is full"),
            _ when disk.Free < 2 * needed => new Finding(
                Severity.Warning, check, patient.Name, $"{said}: writes are refused below {Bytes.Show(needed)}",
                "Give the disk more room, keep less history (--keep-history), or run 'raftctl compact'."),
            _ => new Finding(Severity.Good, check, patient.Name, said),
        };
        if (disk.Aside > 0)
        {
            yield return new Finding(
                Severity.Note, check, patient.Name, $"{Bytes.Show(disk.Aside)} are in damaged logs that were set aside",
                $"Once nobody wants to look at them, remove the folders damaged.N in {disk.Folder}.");
        }
    }

    private static IEnumerable<Finding> Sync(Patient patient)
    {
        if (patient.Report?.Sync is not { } sync)
        {
            yield break;
        }

        var said = $"half of its log's syncs take up to {Ms(sync.P50Ms)}, 99 of 100 up to {Ms(sync.P99Ms)}, the longest {Ms(sync.MaxMs)}";
        yield return sync.P99Ms switch
        {
            >= VerySlowSyncMs => new Finding(
                Severity.Critical, "sync", patient.Name, said, "Every write waits for this: the disk is overloaded or failing; see its own reports."),
            >= SlowSyncMs => new Finding(
                Severity.Warning, "sync", patient.Name, said, "Every write waits for this: give the log a faster disk, or one of its own."),
            _ => new Finding(Severity.Good, "sync", patient.Name, said),
        };
    }

    private static IEnumerable<Finding> State(Patient patient, long? lag)
    {
        if ((patient.View.Status, lag) is not ({ } status, { } behind))
        {
            yield break;
        }

        if (status.Rebuilding is { } lost)
        {
            yield return new Finding(
                Severity.Warning, "rebuild", patient.Name, $"is being rebuilt from the others: {lost}",
                "Wait: it gives no vote until then. 'raftctl status' shows how far it is; see why its disk lost what it had.");
        }

        if (status.Drained)
        {
            yield return new Finding(
                Severity.Note, "drained", patient.Name, "does not lead, for maintenance", $"'raftctl node undrain {patient.Name}' when that is over.");
        }

        yield return behind > MuchBehind
            ? new Finding(
                Severity.Warning, "lag", patient.Name, string.Create(CultureInfo.InvariantCulture, $"{behind} entries behind"),
                "It catches up by itself if its disk and network are fast enough; see the findings on both.")
            : new Finding(Severity.Good, "lag", patient.Name, string.Create(CultureInfo.InvariantCulture, $"{behind} entries behind"));
        foreach (var member in status.Role == "leader" ? status.Members : [])
        {
            if (member.Id != status.Node && member.LastContactMs > 5 * (patient.Report?.ElectionTimeoutMs ?? 1000))
            {
                yield return new Finding(
                    Severity.Warning, "contact", member.Id, $"{status.Node}, which leads, has not heard of it for {Ms(member.LastContactMs.Value)}",
                    "See whether it runs, and reaches the leader at its peer address.");
            }
        }
    }

    private static IEnumerable<Finding> Elections(Patient patient)
    {
        foreach (var peer in patient.Report?.Peers ?? [])
        {
            if (peer.RoundTrip is not { } trip)
            {
                continue;
            }

            var report = patient.Report!;
            var said = $"{peer.Id} answers it in {Ms(trip.P50Ms)}, 99 of 100 times in {Ms(trip.P99Ms)}; "
                + $"a leader is given up after {Ms(report.ElectionTimeoutMs)} (--election-timeout)";
            yield return trip.P99Ms > report.ElectionTimeoutMs / 3
                ? new Finding(
                    Severity.Warning, "elections", patient.Name, said,
                    $"Leaders will be given up that are alive: make --election-timeout at least {Ms(10 * trip.P99Ms)}, or the way there faster.")
                : new Finding(Severity.Good, "elections", patient.Name, said);
        }
    }

    private static IEnumerable<Finding> Retention(Patient patient)
    {
        const string check = "history";
        if (patient.Report is not { History: { } history } report)
        {
            yield break;
        }

        var reach = history.OldestAt is { } oldest ? report.Now - oldest : TimeSpan.Zero;
        var said = $"reaches {Durations.Short(reach > TimeSpan.Zero ? reach : TimeSpan.Zero)} back, to revision {history.OldestRevision} of {history.Revision}; kept for "
            + $"{(report.KeepHistoryMs is { } age ? Durations.Short(TimeSpan.FromMilliseconds(age)) : "ever")}"
            + $"{(report.KeepRevisions is { } most ? string.Create(CultureInfo.InvariantCulture, $", at most {most} revisions") : "")}";
        if (report is { KeepHistoryMs: null, KeepRevisions: null })
        {
            yield return new Finding(
                Severity.Note, check, patient.Name, $"{said}: it grows for ever", "State --keep-history or --keep-revisions, or run 'raftctl compact' now and then.");
            yield break;
        }

        // The oldest revision may be older than that: what stood at the bound is readable, however long ago it was made.
        var beyond = report.KeepRevisions is { } kept && history.Revision - history.OldestRevision > kept + 100_000
            && patient.View.Status?.Role == "leader";
        yield return beyond
            ? new Finding(Severity.Warning, check, patient.Name, $"{said}: more than that", "See whether the cluster has a leader that can write: it bounds history.")
            : new Finding(Severity.Good, check, patient.Name, said);
    }

    private static IEnumerable<Finding> Certificate(Patient patient)
    {
        const string check = "certificate";
        if (patient.Report is not { } report)
        {
            yield break;
        }

        if (report.Certificate is not { } certificate)
        {
            yield return new Finding(Severity.Good, check, patient.Name, "not configured: nothing is encrypted");
            yield break;
        }

        var left = certificate.NotAfter - report.Now;
        var said = $"{certificate.Subject} holds until {certificate.NotAfter:u}";
        yield return left <= TimeSpan.Zero || certificate.NotBefore > report.Now
            ? new Finding(Severity.Critical, check, patient.Name, $"{said}, from {certificate.NotBefore:u} on: not now", "Replace it.")
            : left < _expiresSoon
                ? new Finding(Severity.Warning, check, patient.Name, $"{said}: {left.TotalDays:0} days", "Replace it before.")
                : new Finding(Severity.Good, check, patient.Name, said);
    }

    private static IEnumerable<Finding> Clock(Patient patient)
    {
        if (patient.Report?.ClockSource is { } source)
        {
            yield return _goodClocks.Contains(source)
                ? new Finding(Severity.Good, "clock source", patient.Name, source)
                : new Finding(Severity.Note, "clock source", patient.Name, $"{source}: reading the time is slow", "Choose tsc or the hypervisor's own in the kernel's clocksource.");
        }
    }
}
