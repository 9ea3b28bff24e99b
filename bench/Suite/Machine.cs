using System.Diagnostics;

namespace RaftCluster.Bench.Suite;

/// <summary>What the machine gave when it was asked.</summary>
/// <param name="When">Before or after what.</param>
/// <param name="Spin">Turns of an empty loop a second, of all processors at once.</param>
/// <param name="SyncMilliseconds">The median time of a write of 4 KiB with <c>fsync</c>.</param>
internal sealed record MachineProbe(string When, double Spin, double SyncMilliseconds)
{
    private const int Syncs = 40;
    private static readonly TimeSpan _spinning = TimeSpan.FromMilliseconds(250);

    /// <summary>Asks it: half a second or so.</summary>
    /// <param name="when">Before or after what.</param>
    /// <param name="folder">Where the servers' data are.</param>
    public static MachineProbe Take(string when, string folder)
    {
        Directory.CreateDirectory(folder);
        return new MachineProbe(when, Turns(), Sync(Path.Combine(folder, "probe")));
    }

    private static double Turns()
    {
        var turns = new long[Environment.ProcessorCount];
        var threads = turns.Select((_, at) => new Thread(() => turns[at] = SpinOnce())).ToArray();
        foreach (var thread in threads)
        {
            thread.Start();
        }

        foreach (var thread in threads)
        {
            thread.Join();
        }

        return turns.Sum() / _spinning.TotalSeconds;
    }

    private static long SpinOnce()
    {
        var begun = Stopwatch.GetTimestamp();
        ulong state = 1;
        long turns = 0;
        while (Stopwatch.GetElapsedTime(begun) < _spinning)
        {
            for (var at = 0; at < 1_000; at++)
            {
                state = (state * 6364136223846793005) + 1442695040888963407;
            }

            turns += 1_000;
        }

        // Never so, and the compiler does not know it: the loop stays.
        return state == 0 ? 0 : turns;
    }

    private static double Sync(string path)
    {
        var times = new List<double>();
        using (var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write))
        {
            var block = new byte[4096];
            for (var at = 0; at < Syncs; at++)
            {
                var begun = Stopwatch.GetTimestamp();
                RandomAccess.Write(file, block, at * (long)block.Length);
                RandomAccess.FlushToDisk(file);
                times.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            }
        }

        File.Delete(path);
        return Report.Statistics.Median(times);
    }
}

/// <summary>Whether the machine was the same all the time.</summary>
/// <param name="Spin">The most turns a second of any probe of the run.</param>
/// <param name="SyncMilliseconds">The shortest sync of any probe of the run.</param>
internal sealed record MachineBest(double Spin, double SyncMilliseconds)
{
    /// <summary>Less than this share of the best says that somebody else was computing.</summary>
    public const double LeastSpin = 0.85;

    /// <summary>More than so many times the best says that somebody else was writing.</summary>
    public const double MostSync = 2;

    /// <summary>Others may use so many processors under load before it counts.</summary>
    public const double MostOthers = 0.15;

    /// <summary>The best of a run's probes.</summary>
    /// <param name="probes">At least one.</param>
    public static MachineBest Of(IReadOnlyCollection<MachineProbe> probes) =>
        new(probes.Max(probe => probe.Spin), probes.Min(probe => probe.SyncMilliseconds));

    /// <summary>What was wrong with the machine around a row; empty when nothing was.</summary>
    /// <param name="before">The probe before it.</param>
    /// <param name="after">The probe after it.</param>
    /// <param name="samples">What was measured in between.</param>
    public IReadOnlyList<string> Complaints(MachineProbe before, MachineProbe after, IEnumerable<Sample> samples)
    {
        var complaints = new List<string>();
        foreach (var probe in (MachineProbe[])[before, after])
        {
            if (probe.Spin < LeastSpin * Spin)
            {
                complaints.Add(FormattableString.Invariant($"{probe.When}: the processors gave {probe.Spin / Spin:0%} of their best"));
            }

            if (probe.SyncMilliseconds > MostSync * SyncMilliseconds)
            {
                complaints.Add(FormattableString.Invariant(
                    $"{probe.When}: a sync took {probe.SyncMilliseconds:0.00} ms, {probe.SyncMilliseconds / SyncMilliseconds:0.0} times its best"));
            }
        }

        if (samples.Max(sample => sample.OtherProcessors) is { } others and > MostOthers)
        {
            complaints.Add(FormattableString.Invariant($"meanwhile: other programs used up to {others:0.00} processors"));
        }

        return complaints;
    }
}
