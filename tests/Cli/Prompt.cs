using System.Text;
using RaftCluster.Cli;

namespace RaftCluster.Tests.Cli;

/// <summary>Runs raftctl in this process and keeps what it printed.</summary>
internal sealed class Prompt
{
    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();
    private readonly MemoryStream _bytes = new();

    internal string? Endpoints { get; init; }

    internal string Input { get; init; } = "";

    internal bool IsInteractive { get; init; }

    internal string Out => _out.ToString() + Encoding.UTF8.GetString(_bytes.ToArray());

    internal string Error => _error.ToString();

    internal Task<int> RunAsync(params string[] args) => Raftctl.RunAsync(
        args,
        new Terminal
        {
            Out = _out,
            OutBytes = _bytes,
            Error = _error,
            In = new MemoryStream(Encoding.UTF8.GetBytes(Input)),
            IsInteractive = IsInteractive,
            Environment = name => name == "RAFT_ENDPOINTS" ? Endpoints : null,
        },
        TestContext.Current.CancellationToken);
}
