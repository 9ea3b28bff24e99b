namespace RaftCluster.Chaos.Faults;

/// <summary>
/// A library in every node, which does nothing until it is told: then syncs fail, by a filter in the kernel, or the wall clock
/// is another one. It can lead a node's connections to the harness's doors, too.
/// </summary>
internal static class NodeShim
{
    /// <summary>In a node's environment: the file that says how far its wall clock is off.</summary>
    public const string ClockVariable = "CHAOS_CLOCK";

    /// <summary>In a node's environment: ports of other nodes, each followed by the port that it is to connect to instead.</summary>
    public const string RoutesVariable = "CHAOS_ROUTES";

    /// <summary>Compiles it.</summary>
    /// <param name="folder">Where it goes, and where it looks for what it is told.</param>
    /// <returns>The library's path.</returns>
    /// <exception cref="HarnessException">There is no C compiler, or this is no Linux.</exception>
    public static Task<string> BuildAsync(string folder) => Shim.BuildAsync("node-shim", folder);

    /// <summary>Lays out what a node is told by, and the environment in which it looks for that.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> PrepareAsync(string folder, string library, string node)
    {
        await Tool.RunAsync("mkfifo", Pipe(folder, node));
        await File.WriteAllBytesAsync(Clock(folder, node), new byte[sizeof(long)]);
        return new Dictionary<string, string>
        {
            ["LD_PRELOAD"] = library,
            ["CHAOS_FAIL_SYNC"] = Pipe(folder, node),
            [ClockVariable] = Clock(folder, node),
        };
    }

    /// <summary>Fails every fdatasync of a node from now on, until it is started again.</summary>
    public static Task FailSyncsAsync(string folder, string node) => File.WriteAllTextAsync(Pipe(folder, node), "now");

    /// <summary>Sets a node's wall clock off by so much; other clocks go on.</summary>
    public static async Task SetClockAsync(string folder, string node, TimeSpan off)
    {
        await using var file = new FileStream(Clock(folder, node), FileMode.Open, FileAccess.Write);
        await file.WriteAsync(BitConverter.GetBytes((long)off.TotalNanoseconds));
    }

    private static string Pipe(string folder, string node) => Path.Combine(folder, $"{node}.fail-sync");

    private static string Clock(string folder, string node) => Path.Combine(folder, $"{node}.clock");
}
