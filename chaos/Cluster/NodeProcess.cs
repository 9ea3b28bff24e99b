using System.Diagnostics;
using RaftCluster.Chaos.Faults;

namespace RaftCluster.Chaos.Cluster;

/// <summary>One node: a real process that can be killed and started again on its data.</summary>
/// <param name="program">The program.</param>
/// <param name="id">Its name.</param>
/// <param name="http">Where its API is.</param>
/// <param name="arguments">How it is started.</param>
/// <param name="environment">What it finds in its environment besides.</param>
/// <param name="output">The file that keeps what it says, over all its lives.</param>
internal sealed class NodeProcess(
    NodeProgram program, string id, Uri http, IReadOnlyList<string> arguments,
    IReadOnlyDictionary<string, string> environment, string output) : IAsyncDisposable
{
    private static readonly TimeSpan _stopBound = TimeSpan.FromSeconds(60);

    private readonly Lock _writing = new();
    private readonly List<Process> _lives = [];
    private volatile Process? _process;
    private volatile string _lastWords = "";

    /// <summary>Its name.</summary>
    public string Id => id;

    /// <summary>Where its API is.</summary>
    public Uri Http => http;

    /// <summary>The command by which its program is started, which becomes that program; empty for none.</summary>
    public IReadOnlyList<string> Launcher { get; init; } = [];

    /// <summary>Whether it runs.</summary>
    public bool IsUp => _process is { HasExited: false };

    /// <summary>How it ended, for a report.</summary>
    public string End => _process is { HasExited: true } ended ? $"exit code {ended.ExitCode}, '{_lastWords}'" : "running";

    /// <summary>How each of these ended, for a report.</summary>
    public static string Ends(IEnumerable<NodeProcess> nodes) => string.Join("; ", nodes.Select(node => $"{node.Id}: {node.End}"));

    /// <summary>Its process; 0 when there was none yet.</summary>
    public int ProcessId => _process?.Id ?? 0;

    /// <summary>How it ended; null while it runs, and before it did.</summary>
    public int? ExitCode => _process is { HasExited: true } ended ? ended.ExitCode : null;

    /// <summary>The last line that it said as its last words.</summary>
    public string LastWords => _lastWords;

    /// <summary>It was started.</summary>
    public event Action<NodeProcess>? Started;

    /// <summary>It has ended, however that came.</summary>
    public event Action<NodeProcess>? Ended;

    /// <summary>Starts it.</summary>
    /// <param name="launcher">A further command, this once, that becomes its program; nothing for none.</param>
    public void Start(params IReadOnlyList<string> launcher) => StartWith(arguments, launcher);

    /// <summary>Starts it on an empty folder, to join the cluster of a node.</summary>
    /// <param name="through">That node's API.</param>
    public void StartJoining(Uri through) => StartWith(
        [.. Without(Without(arguments, "--members"), "--cluster-id"), "--join", through.GetLeftPart(UriPartial.Authority)], []);

    private static IReadOnlyList<string> Without(IReadOnlyList<string> words, string option) =>
        words.ToList().IndexOf(option) is var at and >= 0 ? [.. words.Take(at), .. words.Skip(at + 2)] : words;

    private void StartWith(IReadOnlyList<string> words, IReadOnlyList<string> further)
    {
        Say("---- started");
        string[] command = [.. Launcher, .. further, NodeProgram.Host, program.Dll, .. words];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
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

        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.Exited += (_, _) => Ended?.Invoke(this);
        process.OutputDataReceived += (_, line) => Say(line.Data);
        process.ErrorDataReceived += (_, line) => Say(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        // Others may be looking at either of them.
        _lives.Add(process);
        _process = process;
        Started?.Invoke(this);
    }

    /// <summary>Sends SIGKILL and doesn't wait.</summary>
    public void Kill() => _process?.Kill();

    /// <summary>Stops it where it is, or lets it go on.</summary>
    /// <returns>Whether the system took the signal.</returns>
    public bool Signal(int signal) => IsUp && LinuxCalls.Kill(_process!.Id, signal) == 0;

    /// <summary>Waits until it is gone.</summary>
    public async Task GoneAsync()
    {
        if (_process is not null)
        {
            await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(_stopBound);
            Say($"---- ended with exit code {_process.ExitCode}");
        }
    }

    /// <summary>Asks it to stop, as a service manager would.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync()
    {
        _ = LinuxCalls.Kill(_process!.Id, LinuxCalls.Terminate);
        await GoneAsync();
        return _process.ExitCode;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
            _lives.ForEach(life => life.Dispose());
        }
    }

    private void Say(string? line)
    {
        if (line is null)
        {
            return;
        }

        if (line.StartsWith("raftcluster-node: ", StringComparison.Ordinal))
        {
            _lastWords = line;
        }

        lock (_writing)
        {
            File.AppendAllText(output, line + "\n");
        }
    }
}
