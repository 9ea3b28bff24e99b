using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace RaftCluster.Cli.Up;

/// <summary>One running node: its process, what it says into its log file, and its end.</summary>
internal sealed partial class NodeProcess : IDisposable
{
    private const int SIGTERM = 15;

    private readonly Process _process;
    private readonly FileStream _log;
    private volatile string? _lastWords;

    private NodeProcess(Process process, FileStream log, TimeProvider time)
    {
        (_process, _log) = (process, log);
        Pid = process.Id;
        StartedAt = time.GetTimestamp();
        Exited = RunAsync();
    }

    internal int Pid { get; }

    /// <summary>When it was started, as <see cref="TimeProvider.GetTimestamp"/>.</summary>
    internal long StartedAt { get; }

    /// <summary>Its exit code, once it is gone and all it said is in its log.</summary>
    internal Task<int> Exited { get; }

    /// <summary>The last line it wrote to standard error: a node that gives up says there why.</summary>
    internal string? LastWords => _lastWords;

    /// <exception cref="UpRefusedException">The process can't be started.</exception>
    internal static NodeProcess Start(NodeProgram program, ClusterLayout layout, NodePlace node, string logLevel, TimeProvider time)
    {
        FileStream? log = null;
        try
        {
            _ = Directory.CreateDirectory(node.Data);
            log = NodeLog.Open(node.Log);
            return new NodeProcess(Process.Start(program.Start(layout, node, logLevel))!, log, time);
        }
        catch (Exception failed) when (failed is Win32Exception or IOException or UnauthorizedAccessException)
        {
            log?.Dispose();
            throw new UpRefusedException($"{node.Id} can't be started: {failed.Message}");
        }
    }

    /// <summary>Asks it to stop cleanly.</summary>
    internal void Terminate()
    {
        if (OperatingSystem.IsWindows())
        {
            // There is no SIGTERM; a node whose standard input ends stops too.
            _process.StandardInput.Close();
        }
        else if (!Exited.IsCompleted)
        {
            // The process may just be gone, which is what was wanted.
            _ = Kill(Pid, SIGTERM);
        }
    }

    /// <summary>Ends it at once.</summary>
    internal void Kill()
    {
        if (!Exited.IsCompleted)
        {
            _process.Kill();
        }
    }

    public void Dispose()
    {
        _process.Dispose();
        _log.Dispose();
    }

    private async Task<int> RunAsync()
    {
        await Task.WhenAll(PumpAsync(_process.StandardOutput, isError: false), PumpAsync(_process.StandardError, isError: true));
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    private async Task PumpAsync(StreamReader from, bool isError)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            if (isError && !string.IsNullOrWhiteSpace(line))
            {
                _lastWords = line;
            }

            var bytes = System.Text.Encoding.UTF8.GetBytes(line + "\n");
            lock (_log)
            {
                _log.Write(bytes);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
