using System.Globalization;
using RaftCluster.Chaos.Cluster;
using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Workloads;

/// <summary>
/// Takes a lock, reads a counter and writes it under the lock's fence, and gives the lock back; sometimes it forgets to, or
/// goes on after its time.
/// </summary>
internal sealed class LockClient(ClientWorld world, Random chance, int number) : Client(world, chance, Workload.Lock)
{
    private const string Lock = "chaos";
    private const string Counter = "locked/counter";

    private static readonly TimeSpan _tooLong = TimeSpan.FromSeconds(3.2);

    private readonly string _owner = string.Create(CultureInfo.InvariantCulture, $"client-{number}");

    /// <inheritdoc/>
    protected override int MostRest => 250;

    /// <inheritdoc/>
    protected override async Task StepAsync(CancellationToken stop)
    {
        if (await AcquireAsync() is not { } fence)
        {
            return;
        }

        var shown = string.Create(CultureInfo.InvariantCulture, $"{Lock};{fence}");
        for (var times = Chance.Next(1, 4); times > 0; times--)
        {
            var (read, _) = await ReadAsync(Counter, Consistency.Linearizable);
            if (read.Outcome != Outcome.Ok)
            {
                break;
            }

            if (Chance.Next(12) == 0)
            {
                // As a holder does whose machine stood still.
                await Until.PassedAsync(_tooLong, stop);
            }

            var next = read.Result is null ? 1 : long.Parse(read.Result, CultureInfo.InvariantCulture) + 1;
            var (done, _) = await WriteAsync(
                Ask(OperationKind.FencedWrite, Counter) with { Value = next.ToString(CultureInfo.InvariantCulture), Fence = fence },
                ("Raft-Fence", shown));
            if (done.Outcome != Outcome.Ok)
            {
                break;
            }
        }

        if (Chance.Next(10) != 0)
        {
            await DoAsync(
                Ask(OperationKind.Release, Lock) with { Value = _owner, Fence = fence },
                "DELETE",
                $"/v1/locks/{Lock}?owner={_owner}",
                body: null,
                (answer, asked) => answer.Status is 200 or 204 ? asked with { Outcome = Outcome.Ok } : null);
        }
    }

    private async Task<long?> AcquireAsync()
    {
        var (done, _) = await DoAsync(
            Ask(OperationKind.Acquire, Lock) with { Value = _owner },
            "PUT",
            $"/v1/locks/{Lock}?ttl=3s&owner={_owner}&wait=2s",
            body: null,
            (answer, asked) => answer.Status is 200 or 201
                ? asked with { Outcome = Outcome.Ok, Fence = NumberOf(answer, "fence"), Revision = NumberOf(answer, "revision") }
                : null);
        return done.Outcome == Outcome.Ok ? done.Fence : null;
    }
}
