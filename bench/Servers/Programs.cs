namespace RaftCluster.Bench.Servers;

/// <summary>Programs of this machine.</summary>
internal static class Programs
{
    /// <summary>Whether there is one.</summary>
    /// <param name="program">A path, or a name that is looked for on <c>PATH</c>.</param>
    public static bool IsThere(string program) => program.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal)
        ? File.Exists(program)
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, program)));
}
