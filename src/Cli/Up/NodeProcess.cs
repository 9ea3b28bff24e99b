using System.ComponentModel;
using System.Diagnostics;

namespace RaftCluster.Cli.Up;

/// <summary>One running node: its process, what it says into its log file, and its end.</summary>
internal sealed class NodeProcess : IDisposable
{
    /// <summary>How the node begins the line that says why it ends.</summary>
    private const string LastLine = "raftcluster-node: ";

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

    /// <summary>Whether it has answered a request.</summary>
    internal bool HasAnswered { get; set; }

    /// <summary>Why it ended, if it said so.</summary>
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

    /// <summary>
    /// Asks it to stop cleanly, by the end of its standard input. Not by a signal: Ctrl-C has sent it one already, and
    /// a second one means to it that it must hurry.
    /// </summary>
    internal void AskToStop() => _process.StandardInput.Close();

    /// <summary>Asks it again, which means that it must not wait for anything.</summary>
    internal void Hurry()
    {
        if (!OperatingSystem.IsWindows() && !Exited.IsCompleted)
        {
            // It may be gone by now, which is what was wanted.
            Posix.Send(Pid, Posix.SIGTERM);
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
            if (isError && line.StartsWith(LastLine, StringComparison.Ordinal))
            {
                _lastWords = line[LastLine.Length..];
            }

            var bytes = System.Text.Encoding.UTF8.GetBytes(line + "\n");
            lock (_log)
            {
                _log.Write(bytes);
            }
        }
    }
}
