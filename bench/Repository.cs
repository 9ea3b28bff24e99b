namespace RaftCluster.Bench;

/// <summary>Where things are in the working copy this program was built in.</summary>
internal static class Repository
{
    /// <summary>The node, built in the same configuration as this program.</summary>
    /// <exception cref="FileNotFoundException">It has not been built, or this program was moved out of its working copy.</exception>
    public static string NodeDll()
    {
        var built = new DirectoryInfo(AppContext.BaseDirectory);
        for (var folder = built; folder is not null; folder = folder.Parent)
        {
            var dll = Path.Combine(
                folder.FullName, "src", "Node", "bin", built.Parent?.Name ?? "Release", built.Name, "raftcluster-node.dll");
            if (File.Exists(dll))
            {
                return dll;
            }
        }

        throw new FileNotFoundException("raftcluster-node.dll is not beside this program's project: build it, or name it with --node-dll");
    }
}
