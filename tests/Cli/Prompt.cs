using System.Text;
using RaftCluster.Cli;
using RaftCluster.Tests.Client;

namespace RaftCluster.Tests.Cli;

/// <summary>Runs raftctl in this process and keeps what it printed.</summary>
internal sealed class Prompt
{
    private string _out = "";
    private string _error = "";

    internal string? Endpoints { get; init; }

    internal string Input { get; init; } = "";

    internal bool IsInteractive { get; init; }

    /// <summary>RAFT_FENCE.</summary>
    internal string? Fence { get; init; }

    internal VirtualTime Time { get; init; } = new();

    internal SignalRelay Signals { get; init; } = new();

    /// <summary>Ctrl-C.</summary>
    internal CancellationToken Stop { get; init; }

    internal string Out => _out;

    internal string Error => _error;

    internal async Task<int> RunAsync(params string[] args)
    {
        using var text = new StringWriter();
        using var bytes = new MemoryStream();
        using var error = new StringWriter();
        using var input = new MemoryStream(Encoding.UTF8.GetBytes(Input));
        var terminal = new Terminal
        {
            Out = text,
            OutBytes = bytes,
            Error = error,
            In = input,
            Time = Time,
            Signals = Signals,
            IsInteractive = IsInteractive,
            Environment = name => name switch
            {
                "RAFT_ENDPOINTS" => Endpoints,
                "RAFT_FENCE" => Fence,
                _ => null,
            },
        };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop, TestContext.Current.CancellationToken);
        var code = await Raftctl.RunAsync(args, terminal, stop.Token);
        (_out, _error) = (text + Encoding.UTF8.GetString(bytes.ToArray()), error.ToString());
        return code;
    }
}
