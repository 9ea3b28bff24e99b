namespace RaftCluster.Chaos.Faults;

/// <summary>A library that, preloaded into a node, makes its syncs succeed without doing anything.</summary>
internal static class NoSyncShim
{
    /// <summary>Compiles it.</summary>
    /// <param name="folder">Where it goes.</param>
    /// <returns>The library's path.</returns>
    /// <exception cref="HarnessException">There is no C compiler, or this is no Linux.</exception>
    public static Task<string> BuildAsync(string folder) => Shim.BuildAsync(folder, "no-sync");
}
