using RaftCluster.Chaos.Network;

namespace RaftCluster.Chaos.Faults;

/// <summary>What this machine lets the harness do.</summary>
/// <param name="WhyNoPowerCut">Why the power of a disk can't be cut; null when it can, and was, for a test.</param>
/// <param name="WhyNoShim">Why no library can be loaded into a node; null when it can.</param>
/// <param name="WhyNoNamespaces">Why nodes can't have network namespaces; null when they can, and two did, for a test.</param>
/// <param name="WhyNoMemoryLimit">Why a node's memory can't be limited; null when it can, and a group of none was, for a test.</param>
internal sealed record Machine(string? WhyNoPowerCut, string? WhyNoShim, string? WhyNoNamespaces, string? WhyNoMemoryLimit)
{
    /// <summary>Finds out, in the system's folder for what is temporary.</summary>
    public static Task<Machine> ProbeAsync() =>
        ProbeAsync(Path.Combine(Path.GetTempPath(), $"raftcluster-chaos-probe-{Environment.ProcessId}"));

    /// <summary>Finds out.</summary>
    /// <param name="folder">A folder for what is tried, made and removed.</param>
    public static async Task<Machine> ProbeAsync(string folder) => new(
        await PowerProbe.WhyNotAsync(folder),
        OperatingSystem.IsLinux() ? await Tool.TryAsync("gcc", "--version") : "it takes Linux",
        await NetworkProbe.WhyNotAsync(),
        MemoryGroup.WhyNot());
}
