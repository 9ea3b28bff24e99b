using System.Runtime.CompilerServices;
using System.Text;

namespace RaftCluster.Client;

/// <summary>
/// Elections: of those who campaign one leads, which is to hold the lock of the election's name. The leader's value is the row
/// <c>elections/NAME</c> of <c>kv</c>, which goes away with its lead; so everybody can see who leads, and follow it.
/// </summary>
public sealed class ElectionClient
{
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(1);

    private readonly LockClient _locks;
    private readonly RowCalls _kv;
    private readonly ChangeWaiter _changes;

    internal ElectionClient(LockClient locks, RowCalls kv, ChangeWaiter changes) => (_locks, _kv, _changes) = (locks, kv, changes);

    /// <summary>Campaigns until elected. The lead lasts until the leadership is disposed of, or lost.</summary>
    /// <param name="name">The election's name, which is its lock's.</param>
    /// <param name="value">What the leader says of itself, as its address.</param>
    /// <param name="options">For how long, and as whom.</param>
    /// <param name="cancellation">Gives up the campaign. The lead ends with the leadership alone.</param>
    /// <exception cref="LockHeldException"><see cref="LockOptions.Wait"/> is over, and another leads.</exception>
    /// <example>
    /// <code>
    /// while (!stopping.IsCancellationRequested)
    /// {
    ///     await using var lead = await client.Elections.CampaignAsync("scheduler", "10.0.0.7:80", cancellation: stopping);
    ///     await ScheduleAsync(lead.Fence, lead.Lost);
    /// }
    /// </code>
    /// </example>
    public async Task<Leadership> CampaignAsync(
        string name, string value, LockOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(value);
        while (true)
        {
            var held = await _locks.AcquireAsync(name, options, cancellation);
            var lead = new Leadership(held, _kv);
            try
            {
                await lead.ProclaimAsync(value, cancellation);
                return lead;
            }
            catch (RaftClusterException) when (held.Lost.IsCancellationRequested)
            {
                // Lost before it was told of: campaigns again.
                await lead.DisposeAsync();
            }
            catch
            {
                await lead.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>Who leads; null when nobody does.</summary>
    /// <param name="name">The election's name.</param>
    /// <param name="options">How fresh.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<ElectedLeader?> GetLeaderAsync(
        string name, ReadOptions? options = null, CancellationToken cancellation = default) =>
        Leader((await _kv.GetAsync(Leadership.KeyOf(name), options, cancellation)).Row);

    /// <summary>
    /// Who leads now, and then each time it changes. Quick changes may be seen as one; the last is always seen. Outages of the
    /// cluster are waited out.
    /// </summary>
    /// <param name="name">The election's name.</param>
    /// <param name="cancellation">Ends it.</param>
    public async IAsyncEnumerable<ElectedLeader?> ObserveAsync(
        string name, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var key = Leadership.KeyOf(name);
        var options = new ReadOptions { Consistency = Consistency.Linearizable };
        ElectedLeader? last = null;
        for (var first = true; ; first = false)
        {
            var (row, source) = await PatientlyAsync(() => _kv.GetAsync(key, options, cancellation), cancellation);
            var leader = Leader(row);
            if (first || leader != last)
            {
                last = leader;
                yield return leader;
            }

            await _changes.WaitAsync("kv", key, (source.Revision ?? 0) + 1, cancellation);
        }
    }

    private async Task<GetResult> PatientlyAsync(Func<Task<GetResult>> read, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return await read();
            }
            catch (ClusterUnavailableException)
            {
                await Task.Delay(_pause, _locks.Leases.Time, cancellation);
            }
        }
    }

    private static ElectedLeader? Leader(Row? row) =>
        row is null ? null : new ElectedLeader(Encoding.UTF8.GetString(row.Value.Span), row.Revision);
}

/// <summary>Who leads.</summary>
/// <param name="Value">What it says of itself.</param>
/// <param name="Revision">The revision in which it said so.</param>
public sealed record ElectedLeader(string Value, long Revision);
