using System.Globalization;

namespace RaftCluster.Client;

/// <summary>Waits until rows may have changed: one long poll of the change feed, which wakes up and is not read.</summary>
internal sealed class ChangeWaiter(Dispatcher dispatcher, Requests requests)
{
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(1);

    /// <summary>Ends when a row with this prefix changed at this revision or later; or for another reason, now and then.</summary>
    internal async Task WaitAsync(string table, string prefix, long from, CancellationToken cancellation)
    {
        var target = string.Create(
            CultureInfo.InvariantCulture,
            $"/v1/changes?from={from}&table={Uri.EscapeDataString(table)}&prefix={Uri.EscapeDataString(prefix)}&wait={WireNames.Of(_longest)}");
        var call = requests.Read("changes.wait", target, ReadOptions.Default) with
        {
            Headers = [("Accept", "application/json")],
            StatesWait = false,
            PrefersLeader = false,
            AdvancesSession = false,
            Patience = _longest + requests.Patience,
        };
        try
        {
            _ = await dispatcher.SendAsync(call, cancellation);
        }
        catch (RaftClusterException)
        {
            // Without the feed it is a look every second.
            await Task.Delay(_pause, dispatcher.Time, cancellation);
        }
    }
}
