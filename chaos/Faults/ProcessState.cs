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

    /// <summary>How much memory it has of its own and of files, in bytes, as in <c>/proc/N/statm</c>; 0 when there is none.</summary>
    public static long ResidentBytes(int process)
    {
        try
        {
            return long.Parse(File.ReadAllText($"/proc/{process}/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
