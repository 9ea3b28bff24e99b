namespace RaftCluster.Chaos.Faults;

/// <summary>A library that is loaded into nodes before all others.</summary>
internal static class Shim
{
    /// <summary>Compiles one of those whose sources are in this program.</summary>
    /// <param name="folder">Where it goes.</param>
    /// <param name="names">The names of its sources, without <c>.c</c>; it has that of the first.</param>
    /// <returns>The library's path.</returns>
    /// <exception cref="HarnessException">There is no C compiler, or this is no Linux.</exception>
    public static async Task<string> BuildAsync(string folder, params string[] names)
    {
        var (sources, library) = (names.Select(name => Path.Combine(folder, $"{name}.c")).ToList(), Path.Combine(folder, $"{names[0]}.so"));
        foreach (var source in sources)
        {
            await using var text = typeof(Shim).Assembly.GetManifestResourceStream(Path.GetFileName(source))!;
            await using var file = File.Create(source);
            await text.CopyToAsync(file);
        }

        // Optimized: who passes a look-up on must not stand between the one that asked and the one that answers.
        await Tool.RunAsync("gcc", ["-shared", "-fPIC", "-O2", "-pthread", "-o", library, .. sources, "-ldl"]);
        return library;
    }
}
