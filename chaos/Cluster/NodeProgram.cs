namespace RaftCluster.Chaos.Cluster;

/// <summary>The program of a node, as built.</summary>
/// <param name="Dll">Its assembly.</param>
internal sealed record NodeProgram(string Dll)
{
    /// <summary>What runs it.</summary>
    public static string Host => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    /// <summary>Finds the one of this working copy, built in the configuration that this program was built in.</summary>
    /// <exception cref="HarnessException">It is not there.</exception>
    public static NodeProgram Find() => Find(new DirectoryInfo(AppContext.BaseDirectory).Parent?.Name ?? "Release");

    /// <summary>Finds the one of this working copy that was built in a configuration.</summary>
    /// <exception cref="HarnessException">It is not there.</exception>
    public static NodeProgram Find(string configuration)
    {
        var built = new DirectoryInfo(AppContext.BaseDirectory);
        for (var folder = built; folder is not null; folder = folder.Parent)
        {
            var dll = Path.Combine(folder.FullName, "src", "Node", "bin", configuration, built.Name, "raftcluster-node.dll");
            if (File.Exists(dll))
            {
                return new NodeProgram(dll);
            }
        }

        throw new HarnessException(
            $"raftcluster-node.dll is not in this working copy: build it (dotnet build src/Node -c {configuration}), or name it with --node-dll");
    }
}
