namespace RaftCluster.Chaos.Faults;

/// <summary>A library that, preloaded into a node, makes its syncs succeed without doing anything.</summary>
internal static class NoSyncShim
{
    /// <summary>Compiles it.</summary>
    /// <param name="folder">Where it goes.</param>
    /// <returns>The library's path.</returns>
    /// <exception cref="HarnessException">There is no C compiler, or this is no Linux.</exception>
    public static async Task<string> BuildAsync(string folder)
    {
        var (source, library) = (Path.Combine(folder, "no-sync.c"), Path.Combine(folder, "no-sync.so"));
        await using (var text = typeof(NoSyncShim).Assembly.GetManifestResourceStream("no-sync.c")!)
        await using (var file = File.Create(source))
        {
            await text.CopyToAsync(file);
        }

        await Tool.RunAsync("gcc", "-shared", "-fPIC", "-O1", "-o", library, source);
        return library;
    }
}
