using System.Globalization;

namespace RaftCluster.Bench.Report;

/// <summary>What the kernel says of a process, read from <c>/proc</c>.</summary>
internal static class Memory
{
    /// <summary>The bytes of memory a process has, those of mapped files that are in memory included (<c>VmRSS</c>).</summary>
    public static long Resident(int process) => Number($"/proc/{process}/status", "VmRSS:") << 10;

    /// <summary>The bytes a process had the disk write.</summary>
    public static long Written(int process) => Number($"/proc/{process}/io", "write_bytes:");

    private static long Number(string file, string name) => long.Parse(
        File.ReadLines(file).First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Replace("kB", "", StringComparison.Ordinal),
        NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
        CultureInfo.InvariantCulture);
}
