namespace RaftCluster.Tests.Architecture;

/// <summary>The working copy these tests were built in.</summary>
internal static class Repository
{
    private static readonly string[] NotSource = ["bin", "obj", ".git", "TestResults"];

    /// <summary>Its root.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>All C# sources below a folder, by their paths from the root with forward slashes.</summary>
    public static IEnumerable<SourceFile> Sources(string folder = "") =>
        Files(new DirectoryInfo(Path.Combine(Root, folder)), "*.cs").Select(file => SourceFile.Read(Root, file));

    /// <summary>All project files.</summary>
    public static IEnumerable<FileInfo> Projects() => Files(new DirectoryInfo(Root), "*.csproj");

    private static IEnumerable<FileInfo> Files(DirectoryInfo folder, string pattern) =>
        folder.EnumerateFiles(pattern).Concat(folder.EnumerateDirectories()
            .Where(inner => !NotSource.Contains(inner.Name))
            .SelectMany(inner => Files(inner, pattern)));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "RaftCluster.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("the tests were moved out of their working copy");
    }
}
