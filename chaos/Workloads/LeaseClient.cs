using System.Globalization;
using RaftCluster.Chaos.Cluster;
using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Workloads;

/// <summary>Puts a row on a lease, gives signs of life for a while, looks whether the row is there, and lets the lease end.</summary>
internal sealed class LeaseClient(ClientWorld world, Random chance, int number) : Client(world, chance, Workload.Lease)
{
    /// <summary>How every row's name begins.</summary>
    public const string Prefix = "leased/";

    private const int TtlMs = 2_000;
    private const int MostLooks = 12;

    private int _rows;

    /// <inheritdoc/>
    protected override async Task StepAsync(CancellationToken stop)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{number}/{++_rows}");
        var lease = 0L;
        var asked = Ask(OperationKind.LeasedWrite, key) with { Value = NewValue(), TtlMs = TtlMs };
        var (put, _) = await DoAsync(
            asked,
            "PUT",
            $"/v1/kv/{key}?ttl={TtlMs}ms",
            asked.Value,
            (answer, question) => answer.Status is 200 or 201
                ? question with { Outcome = Outcome.Ok, Revision = NumberOf(answer, "revision"), Lease = lease = NumberOf(answer, "lease") }
                : null);
        if (put.Outcome != Outcome.Ok)
        {
            return;
        }

        for (var signs = Chance.Next(5); signs > 0 && !stop.IsCancellationRequested; signs--)
        {
            await Until.PassedAsync(TimeSpan.FromMilliseconds(Chance.Next(TtlMs / 2)), stop);
            await DoAsync(
                Ask(OperationKind.KeepAlive, key) with { TtlMs = TtlMs, Lease = lease },
                "PUT",
                string.Create(CultureInfo.InvariantCulture, $"/v1/leases/{lease}"),
                body: null,
                (answer, question) => answer.Status == 200 ? question with { Outcome = Outcome.Ok } : null);
            await ReadAsync(key, Consistency.Linearizable);
        }

        for (var looks = 0; looks < MostLooks && !stop.IsCancellationRequested; looks++)
        {
            await Until.PassedAsync(TimeSpan.FromMilliseconds(TtlMs / 5), stop);
            if ((await ReadAsync(key, Consistency.Linearizable)).Done is { Outcome: Outcome.Ok, Result: null })
            {
                return;
            }
        }
    }
}
