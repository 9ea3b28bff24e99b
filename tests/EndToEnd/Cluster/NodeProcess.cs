using System.Collections.Concurrent;
using System.Diagnostics;

namespace RaftCluster.Tests.EndToEnd.Cluster;

/// <summary>One node: a real process that can be killed, paused and started again on its data.</summary>
internal sealed class NodeProcess(NodeSettings settings) : IAsyncDisposable
{
    private static readonly TimeSpan StopBound = TimeSpan.FromSeconds(60);
    private static readonly ConcurrentDictionary<Process, byte> Running = [];

    private readonly NodeLog _log = new();
    private readonly List<Process> _former = [];
    private volatile Process? _process;

    static NodeProcess()
    {
        // When the tests are stopped from outside, nobody disposes anything.
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            foreach (var left in Running.Keys)
            {
                left.Kill();
            }
        };
    }

    /// <summary>How it is started.</summary>
    public NodeSettings Settings => settings;

    /// <summary>Its name.</summary>
    public string Id => settings.Id;

    /// <summary>Speaks with it.</summary>
    public NodeClient Client { get; } = new(settings.Http);

    /// <summary>What it wrote, over all its lives.</summary>
    public NodeLog Log => _log;

    /// <summary>Its process.</summary>
    public int ProcessId => _process!.Id;

    /// <summary>Whether the process runs (perhaps paused).</summary>
    public bool IsUp => _process is { HasExited: false };

    /// <summary>Whether it runs and is not paused.</summary>
    public bool IsAwake => IsUp && !_isPaused;

    private bool _isPaused;

    /// <summary>Starts it, on the data it has.</summary>
    public void Start() => Start(new Dictionary<string, string>());

    /// <summary>Starts it with more in its environment.</summary>
    public void Start(IReadOnlyDictionary<string, string> environment)
    {
        Assert.False(IsUp, $"{Id} runs already");
        _log.Mark("started");
        var start = new ProcessStartInfo(Host, [Dll, .. settings.Arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("RAFT_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => _log.Add(line.Data);
        process.ErrorDataReceived += (_, line) => _log.AddError(line.Data);
        _isPaused = false;
        process.Start();
        Running.TryAdd(process, 0);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        if (_process is { } former)
        {
            // Others may be looking at it: it is disposed of at the end.
            _former.Add(former);
        }

        _process = process;
    }

    /// <summary>Sends SIGKILL; it is gone when this returns.</summary>
    public async Task KillAsync()
    {
        SendKill();
        await EndAsync();
    }

    /// <summary>Sends SIGKILL and doesn't wait.</summary>
    public void SendKill() => Send(Signal.Kill, "killed");

    /// <summary>Asks it to stop, as a service manager would.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync()
    {
        Send(Signal.Terminate, "asked to stop");
        return await EndAsync();
    }

    /// <summary>Stops its time, as a long garbage collection or a virtual machine's move would.</summary>
    public void Pause()
    {
        Send(Signal.Stop, "paused");
        _isPaused = true;
    }

    /// <summary>Lets it go on.</summary>
    public void Resume()
    {
        _isPaused = false;
        Send(Signal.Continue, "resumed");
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> EndAsync()
    {
        var ending = _process ?? throw new InvalidOperationException($"{Id} was never started");
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        bound.CancelAfter(StopBound);
        try
        {
            await ending.WaitForExitAsync(bound.Token);
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            Assert.Fail($"{Id} did not end within {StopBound.TotalSeconds} s");
        }

        Running.TryRemove(ending, out _);
        _log.Mark($"ended with exit code {ending.ExitCode}");
        return ending.ExitCode;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _former.ForEach(former => former.Dispose());
        if (_process is null)
        {
            return;
        }

        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync(CancellationToken.None);
        Running.TryRemove(_process, out _);
        _process.Dispose();
    }

    private static string Host => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    private static string Dll => Path.Combine(AppContext.BaseDirectory, "raftcluster-node.dll");

    private void Send(Signal signal, string mark)
    {
        Assert.True(IsUp, $"{Id} does not run");
        _log.Mark(mark);
        Signals.Send(_process!.Id, signal);
    }
}
