using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace RaftCluster.Bench.Servers;

/// <summary>A server process whose output goes to a file; killed when it is disposed.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StreamWriter _log;
    private readonly string _logPath;
    private bool _disposed;

    private ServerProcess(Process process, StreamWriter log, string logPath)
    {
        _process = process;
        Id = process.Id;
        Started = Stopwatch.GetTimestamp();
        _log = log;
        _logPath = logPath;
    }

    /// <summary>The process.</summary>
    public int Id { get; }

    /// <summary>When it was started, as a <see cref="Stopwatch.GetTimestamp"/>.</summary>
    public long Started { get; }

    /// <summary>Starts a process.</summary>
    /// <param name="file">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="logPath">Where its output goes.</param>
    public static ServerProcess Start(string file, IEnumerable<string> arguments, string logPath)
    {
        var log = new StreamWriter(logPath, append: true) { AutoFlush = true };
        var process = new Process
        {
            StartInfo = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true },
        };
        void Write(object sender, DataReceivedEventArgs line)
        {
            if (line.Data is not null)
            {
                lock (log)
                {
                    log.WriteLine(line.Data);
                }
            }
        }

        process.OutputDataReceived += Write;
        process.ErrorDataReceived += Write;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new ServerProcess(process, log, logPath);
    }

    /// <summary>Free loopback ports, all different.</summary>
    public static int[] FreePorts(int count)
    {
        var probes = new List<TcpListener>();
        try
        {
            for (var i = 0; i < count; i++)
            {
                var probe = new TcpListener(IPAddress.Loopback, 0);
                probe.Start();
                probes.Add(probe);
            }

            return [.. probes.Select(probe => ((IPEndPoint)probe.LocalEndpoint).Port)];
        }
        finally
        {
            probes.ForEach(probe => probe.Dispose());
        }
    }

    /// <summary>Throws with the end of its log when the process has ended by itself.</summary>
    /// <exception cref="IOException">It has.</exception>
    public void MustRun()
    {
        if (!_disposed && _process.HasExited)
        {
            var last = string.Join('\n', File.ReadLines(_logPath).TakeLast(10));
            throw new IOException(string.Create(
                CultureInfo.InvariantCulture, $"a server ended with exit code {_process.ExitCode}:\n{last}"));
        }
    }

    /// <summary>Sends a signal.</summary>
    /// <param name="signal">Its number on Linux.</param>
    /// <exception cref="IOException">The process is gone.</exception>
    public void Send(int signal)
    {
        if (Kill(Id, signal) != 0)
        {
            throw new IOException($"process {Id} takes no signal {signal}");
        }
    }

    /// <summary>Waits until it has ended.</summary>
    public Task EndedAsync(CancellationToken stop) => _process.WaitForExitAsync(stop);

    [System.Runtime.InteropServices.LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        await _log.DisposeAsync();
    }
}
