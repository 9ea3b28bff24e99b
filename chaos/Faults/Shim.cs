namespace RaftCluster.Chaos.Faults;

/// <summary>A library that is loaded into nodes before all others.</summary>
internal static class Shim
{
    /// <summary>Compiles one of those whose source is in this program.</summary>
    /// <param name="name">Its name: that of its source, without <c>.c</c>.</param>
    /// <param name="folder">Where it goes.</param>
    /// <returns>The library's path.</returns>
    /// <exception cref="HarnessException">There is no C compiler, or this is no Linux.</exception>
    public static async Task<string> BuildAsync(string name, string folder)
    {
        var (source, library) = (Path.Combine(folder, $"{name}.c"), Path.Combine(folder, $"{name}.so"));
        await using (var text = typeof(Shim).Assembly.GetManifestResourceStream($"{name}.c")!)
        await using (var file = File.Create(source))
        {
            await text.CopyToAsync(file);
        }

        await Tool.RunAsync("gcc", "-shared", "-fPIC", "-O1", "-pthread", "-o", library, source, "-ldl");
        return library;
    }
}
