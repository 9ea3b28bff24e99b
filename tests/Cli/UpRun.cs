using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace RaftCluster.Tests.Cli;

/// <summary>A <c>raftctl up --json</c> in a process of its own, as built.</summary>
internal sealed partial class UpRun : IAsyncDisposable
{
    private const int SIGTERM = 15;

    /// <summary>Not a measure of anything: what has not happened by then never will.</summary>
    private static readonly TimeSpan _hang = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private int[] _nodes = [];

    private UpRun(Process process) => _process = process;

    internal static UpRun Start(params string[] args)
    {
        var start = Raftctl(["up", "--json", .. args]);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        return new UpRun(Process.Start(start)!);
    }

    /// <summary>How raftctl is started, as built.</summary>
    internal static ProcessStartInfo Raftctl(params string[] args) => new("dotnet", [Program(), .. args]);

    /// <summary>The first of so many neighbouring ports that are free.</summary>
    internal static int FreePorts(int count)
    {
        while (true)
        {
            var first = Random.Shared.Next(20_000, 32_000);
            if (Enumerable.Range(first, count).All(IsFree))
            {
                return first;
            }
        }
    }

    internal async Task<Ready> ReadyAsync()
    {
        var line = await NextAsync();
        Assert.Equal("ready", line.GetProperty("event").GetString());
        var nodes = line.GetProperty("nodes").EnumerateArray().Select(node => new Node(
            node.GetProperty("id").GetString()!,
            node.GetProperty("http").GetString()!,
            node.GetProperty("pid").GetInt32(),
            node.GetProperty("data").GetString()!)).ToArray();
        _nodes = [.. nodes.Select(node => node.Pid)];
        return new Ready(line.GetProperty("leader").GetString()!, nodes);
    }

    /// <summary>Reads on until this happens.</summary>
    internal async Task<JsonElement> UntilAsync(string happened)
    {
        while (true)
        {
            var line = await NextAsync();
            if (line.GetProperty("event").GetString() == happened)
            {
                if (happened == "restarted")
                {
                    _nodes = [.. _nodes, line.GetProperty("pid").GetInt32()];
                }

                return line;
            }
        }
    }

    internal void Terminate() => Assert.Equal(0, Kill(_process.Id, SIGTERM));

    internal void KillAtOnce() => _process.Kill();

    internal async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(_hang);
        return _process.ExitCode;
    }

    internal Task<string> ErrorAsync() => _process.StandardError.ReadToEndAsync().WaitAsync(_hang);

    /// <summary>Ends when none of the nodes' processes is there any more.</summary>
    internal async Task NodesGoneAsync()
    {
        foreach (var pid in _nodes)
        {
            await GoneAsync(pid);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        foreach (var pid in _nodes)
        {
            // What a failed test leaves must not outlive it.
            _ = Kill(pid, 9);
        }

        _process.Dispose();
    }

    private static async Task GoneAsync(int pid)
    {
        Process process;
        try
        {
            process = Process.GetProcessById(pid);
        }
        catch (ArgumentException)
        {
            return;
        }

        using (process)
        {
            await process.WaitForExitAsync().WaitAsync(_hang);
        }
    }

    private async Task<JsonElement> NextAsync()
    {
        var line = await _process.StandardOutput.ReadLineAsync().WaitAsync(_hang)
            ?? throw new InvalidOperationException("raftctl ended: " + await ErrorAsync());
        return JsonDocument.Parse(line).RootElement;
    }

    private static string Program()
    {
        // …/tests/bin/<configuration>/<framework>/ → …/src/Cli/bin/<configuration>/<framework>/raftctl.dll
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var root = here.Parent!.Parent!.Parent!.Parent!.FullName;
        return Path.Combine(root, "src", "Cli", "bin", here.Parent.Name, here.Name, "raftctl.dll");
    }

    private static bool IsFree(int port)
    {
        using var probe = new TcpListener(IPAddress.Loopback, port);
        try
        {
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);

    internal sealed record Node(string Id, string Http, int Pid, string Data);

    internal sealed record Ready(string Leader, Node[] Nodes);
}
