using RaftCluster.Chaos.Cluster;

namespace RaftCluster.Chaos.Scenarios;

/// <summary>
/// A node that was down for so long that the others have cut their logs behind what it has: when it is back, it is sent
/// their rows. Logs that are cut often make that a matter of seconds.
/// </summary>
internal static class Straggler
{
    /// <summary>The options that make every node cut its log often, and send its rows slowly enough to be met half-way.</summary>
    public static readonly IReadOnlyList<string> Options = ["--snapshot-log", "1MiB", "--keep-log", "0", "--snapshot-rate", "4MiB"];

    /// <summary>The most bytes of a value, so that logs fill.</summary>
    public const int ValueBytes = 16_000;

    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(60);

    /// <summary>Kills a node and starts it again when the others can't bring it up to date from their logs any more.</summary>
    /// <param name="node">The node, which does not lead.</param>
    /// <param name="others">The others; somebody writes through them meanwhile.</param>
    /// <param name="stop">Ends the waiting.</param>
    /// <exception cref="HarnessException">Their logs were not cut in time.</exception>
    public static async Task FallBehindAsync(NodeProcess node, IReadOnlyList<NodeProcess> others, CancellationToken stop)
    {
        node.Kill();
        await node.GoneAsync();
        var last = 0L;
        _ = await Until.HasAsync(
            _bound,
            async () =>
            {
                var views = await Task.WhenAll(others.Select(NodeView.OfAsync));
                last = last == 0 ? views.Max(view => view?.Last ?? 0) : last;
                return last > 0 && views.All(view => view?.First > last) ? views : null;
            },
            stop) ?? throw new HarnessException($"the logs were not cut behind entry {last} within {_bound.TotalSeconds} s");
        node.Start();
    }

    /// <summary>Waits until it has that part of a snapshot.</summary>
    /// <param name="node">The node.</param>
    /// <param name="part">From 0 to 1.</param>
    /// <param name="stop">Ends the waiting.</param>
    /// <exception cref="HarnessException">None came in time.</exception>
    public static async Task ReceivesAsync(NodeProcess node, double part, CancellationToken stop)
    {
        var seen = false;
        _ = await Until.HasAsync(
            _bound,
            async () =>
            {
                var view = await NodeView.OfAsync(node);
                var received = view?.Received;
                var was = seen;
                seen |= received is not null;

                // Seen once and gone: it was installed between two looks.
                return received >= part || (was && view is not null && received is null) ? view : null;
            },
            stop) ?? throw new HarnessException($"{node.Id} did not receive {part:P0} of a snapshot within {_bound.TotalSeconds} s: {node.End}");
    }
}
