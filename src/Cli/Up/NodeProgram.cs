using System.Diagnostics;
using System.Runtime.InteropServices;

namespace RaftCluster.Cli.Up;

/// <summary>
/// How a node's process is started: <c>dotnet raftcluster-node.dll</c>, or the program itself where there is no <c>dotnet</c>.
/// </summary>
internal sealed record NodeProgram(string FileName, string? Assembly)
{
    private const string Name = "raftcluster-node";

    /// <exception cref="UpRefusedException">The node was not built beside raftctl.</exception>
    internal static NodeProgram Find()
    {
        // The build puts it into a folder of its own; a test has it beside itself.
        string[] folders = [Path.Combine(AppContext.BaseDirectory, "node"), AppContext.BaseDirectory];
        foreach (var folder in folders)
        {
            var assembly = Path.Combine(folder, Name + ".dll");
            var program = Path.Combine(folder, OperatingSystem.IsWindows() ? Name + ".exe" : Name);
            // The host that runs this very process certainly has the runtime; a program has to look for one.
            if (File.Exists(assembly) && Host() is { } host)
            {
                return new NodeProgram(host, assembly);
            }

            if (File.Exists(program))
            {
                return new NodeProgram(program, Assembly: null);
            }
        }

        throw new UpRefusedException($"{Name} is not in {folders[0]}; build it with 'dotnet build -c Release'.");
    }

    internal ProcessStartInfo Start(ClusterLayout layout, NodePlace node, string logLevel)
    {
        var start = Start(
            [
                "--node", node.Id,
                "--cluster", layout.Cluster,
                "--data", node.Data,
                "--http", node.Http.GetLeftPart(UriPartial.Authority),
                "--peer", node.Peer,
                "--members", layout.Members,
                "--log-level", logLevel,
                // Its end of the pipe is closed when raftctl ends, however it ends.
                "--exit-with-parent",
            ]);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        return start;
    }

    /// <summary>A start with raftctl's own input and output.</summary>
    internal ProcessStartInfo Start(IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(FileName) { UseShellExecute = false };
        if (Assembly is not null)
        {
            start.ArgumentList.Add(Assembly);
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }

    private static string? Host()
    {
        var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        if (Path.GetFileName(Environment.ProcessPath) == name)
        {
            return Environment.ProcessPath;
        }

        // The runtime lies in <root>/shared/Microsoft.NETCore.App/<version>/, and its host in <root>.
        var host = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", name));
        return File.Exists(host) ? host : null;
    }
}
