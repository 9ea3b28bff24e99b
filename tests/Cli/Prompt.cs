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
            Time = new VirtualTime(),
            IsInteractive = IsInteractive,
            Environment = name => name == "RAFT_ENDPOINTS" ? Endpoints : null,
        };
        var code = await Raftctl.RunAsync(args, terminal, TestContext.Current.CancellationToken);
        (_out, _error) = (text + Encoding.UTF8.GetString(bytes.ToArray()), error.ToString());
        return code;
    }
}
