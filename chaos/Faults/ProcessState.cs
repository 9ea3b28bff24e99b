using System.Globalization;

namespace RaftCluster.Chaos.Faults;

/// <summary>What the kernel says of a process.</summary>
internal static class ProcessState
{
    /// <summary>Its state, as in <c>/proc/N/stat</c>: T when it is stopped, R or S when it runs.</summary>
    /// <returns>'?' when there is none, or this is no Linux.</returns>
    public static char Of(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return stat[stat.LastIndexOf(')') + 2];
        }
        catch (IOException)
        {
            return '?';
        }
    }

    /// <summary>Whether there is none.</summary>
    public static bool IsGone(string process) => !Directory.Exists($"/proc/{process}");

    /// <summary>How much memory it has of its own, without what it maps of files, in bytes: <c>RssAnon</c> in <c>/proc/N/status</c>; 0 when there is none.</summary>
    public static long OwnBytes(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Trim(), CultureInfo.InvariantCulture) << 10;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
