using System.Globalization;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus;

namespace RaftCluster.Node.Supervision;

/// <summary>
/// Tells the service manager again and again that the node lives, and how it is. Before each sign the node asks its own API over
/// its own port, as a client would: a process that only runs gives none.
/// </summary>
internal sealed partial class SignsOfLife : IAsyncDisposable
{
    /// <summary>How often the words are renewed where nobody waits for signs.</summary>
    private static readonly TimeSpan _unhurried = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    private SignsOfLife(NodeOptions options, Supervisor supervisor, IConsensus consensus, TimeProvider time, ILogger log) =>
        _running = RunAsync(options, supervisor, consensus, time, log);

    /// <summary>Says that the node serves, and begins.</summary>
    public static SignsOfLife Start(NodeOptions options, Supervisor supervisor, IConsensus consensus, TimeProvider time, ILogger log)
    {
        supervisor.Ready(Describe(options, consensus.Status));
        return new(options, supervisor, consensus, time, log);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    /// <summary>How a node is, in a line.</summary>
    internal static string Describe(NodeOptions options, ConsensusStatus status)
    {
        var does = status switch
        {
            { RebuildReason: not null } => "is being rebuilt from the others",
            { Role: Role.Leader } => "leads",
            { Leader.Id: var leader } => $"follows {leader}",
            _ => "knows no leader",
        };
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{options.Node} serves {Addresses.Show(options.Http)}, {does}, term {status.Term}{(status.IsDrained ? ", drained" : "")}");
    }

    private async Task RunAsync(NodeOptions options, Supervisor supervisor, IConsensus consensus, TimeProvider time, ILogger log)
    {
        if (!supervisor.Listens)
        {
            return;
        }

        // A third: one sign may be late.
        var every = Supervisor.Patience / 3 ?? _unhurried;
        using var probe = new HealthProbe(options, every);
        using var turns = new PeriodicTimer(every, time);
        try
        {
            while (await turns.WaitForNextTickAsync(_stopping.Token))
            {
                if ((await probe.AskAsync(HealthProbe.Live, _stopping.Token)) is { Passed: false } no)
                {
                    LogNoAnswer(log, options.Node, OneLine.Of(no.Text));
                    continue;
                }

                supervisor.Live(Describe(options, consensus.Status));
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The node stops.
        }
    }

    [LoggerMessage(32, LogLevel.Warning, "node {Node} does not answer itself: {Reason}")]
    private static partial void LogNoAnswer(ILogger log, string node, string reason);
}
