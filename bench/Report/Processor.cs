using System.Globalization;

namespace RaftCluster.Bench.Report;

/// <summary>Processor time, read from <c>/proc</c>: how much was used by whom. All zero where there is no <c>/proc</c>.</summary>
/// <param name="Machine">Seconds that all processors were busy.</param>
/// <param name="Servers">Seconds that the servers under load used.</param>
/// <param name="Generator">Seconds that this process used.</param>
/// <param name="Idle">Seconds that the servers not under load used.</param>
internal readonly record struct Processor(double Machine, double Servers, double Generator, double Idle)
{
    /// <summary>Linux counts in hundredths of a second for everybody, whatever the kernel's own tick is.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>Seconds used by nobody of the benchmark.</summary>
    public double Others => Math.Max(0, Machine - Servers - Generator - Idle);

    /// <summary>Reads it.</summary>
    public static Processor Read(IEnumerable<int> servers, IEnumerable<int> idle) => OperatingSystem.IsLinux()
        ? new Processor(Busy(), servers.Sum(Used), Used(Environment.ProcessId), idle.Sum(Used))
        : default;

    /// <summary>What was used since <paramref name="before"/>.</summary>
    public Processor Since(Processor before) => new(
        Machine - before.Machine, Servers - before.Servers, Generator - before.Generator, Idle - before.Idle);

    private static double Busy()
    {
        // cpu user nice system idle iowait irq softirq steal …
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int[] busy = [1, 2, 3, 6, 7, 8];
        return busy.Sum(i => Number(fields[i])) / TicksPerSecond;
    }

    private static double Used(int process)
    {
        try
        {
            // The name in brackets may hold spaces; utime and stime are the 14th and 15th field of the whole line.
            var line = File.ReadAllText($"/proc/{process}/stat");
            var fields = line[(line.LastIndexOf(')') + 2)..].Split(' ');
            return (Number(fields[11]) + Number(fields[12])) / TicksPerSecond;
        }
        catch (IOException)
        {
            // The process is gone: it uses nothing any more, and its requests count as errors.
            return 0;
        }
    }

    private static double Number(string field) => double.Parse(field, CultureInfo.InvariantCulture);
}
