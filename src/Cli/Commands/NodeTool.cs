using System.ComponentModel;
using System.Diagnostics;
using RaftCluster.Cli.Up;

namespace RaftCluster.Cli;

/// <summary>
/// What reads or writes a node's files without a node: the node's own program does it, for it alone knows the formats. Its
/// output and its exit code are passed on.
/// </summary>
internal static class NodeTool
{
    /// <summary>Runs it.</summary>
    /// <param name="context">The command.</param>
    /// <param name="words">What the node's program is told.</param>
    /// <returns>The exit code.</returns>
    internal static async Task<int> RunAsync(CommandContext context, IEnumerable<string> words)
    {
        try
        {
            using var process = Process.Start(NodeProgram.Find().Start([.. words, .. (string[])(context.Json ? ["--json"] : [])]))!;
            try
            {
                await process.WaitForExitAsync(context.Cancellation);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                throw;
            }

            return process.ExitCode;
        }
        catch (Exception failed) when (failed is Win32Exception or UpRefusedException)
        {
            return context.Fail(ExitCodes.Local, "node-program", failed.Message);
        }
    }
}
