using System.Diagnostics;
using RaftCluster.Tests.Cli;

namespace RaftCluster.Tests.EndToEnd.Cluster;

/// <summary>A <c>raftctl</c> in a process of its own, to its end.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Out">What it printed.</param>
/// <param name="Error">What it said on standard error.</param>
internal sealed record RaftctlRun(int ExitCode, string Out, string Error)
{
    private static readonly TimeSpan _hang = TimeSpan.FromMinutes(3);

    /// <summary>Runs it.</summary>
    /// <param name="nodes">The nodes it is told of.</param>
    /// <param name="words">The command.</param>
    public static async Task<RaftctlRun> OfAsync(IEnumerable<NodeProcess> nodes, params string[] words)
    {
        using var process = Start(nodes, words);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(_hang);
        return new RaftctlRun(process.ExitCode, await output, await error);
    }

    /// <summary>Starts it.</summary>
    public static Process Start(IEnumerable<NodeProcess> nodes, params string[] words)
    {
        var start = UpRun.Raftctl(words);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.Environment["RAFT_ENDPOINTS"] = string.Join(',', nodes.Select(node => node.Settings.Url));
        return Process.Start(start)!;
    }

    /// <summary>Holds it to success.</summary>
    public RaftctlRun Succeeds()
    {
        Assert.True(ExitCode == 0, ToString());
        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => $"exit code {ExitCode}\n{Out}\n{Error}";
}
