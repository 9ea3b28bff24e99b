using System.Text.Json;
using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Workloads;

/// <summary>Adds one to a counter under a name, again and again under the same name until it is answered, and sometimes after that.</summary>
internal sealed class CounterClient(ClientWorld world, Random chance, string key) : Client(world, chance, Workload.Counter)
{
    private readonly List<string> _done = [];

    /// <inheritdoc/>
    protected override int MostRest => 60;

    /// <inheritdoc/>
    protected override async Task StepAsync(CancellationToken stop)
    {
        if (Chance.Next(5) == 0)
        {
            await ReadAsync(key, Chance.Next(2) == 0 ? Consistency.Linearizable : Consistency.Local);
        }

        if (_done.Count > 0 && Chance.Next(8) == 0)
        {
            await AddAsync(_done[Chance.Next(_done.Count)]);
            return;
        }

        var name = $"{key}/{NewValue()}";
        while (await AddAsync(name) is not Outcome.Ok)
        {
            if (stop.IsCancellationRequested)
            {
                return;
            }
        }

        _done.Add(name);
    }

    private async Task<Outcome> AddAsync(string name)
    {
        var add = Ask(OperationKind.Add, key) with { Value = "1", IdempotencyKey = name };
        if (name[^1] % 2 == 0)
        {
            // The same name, the same request: half of the names are of batches.
            return (await DoInBatchAsync(
                add,
                $$"""{"op":"add","key":"{{key}}","by":1,"idempotencyKey":"{{name}}"}""",
                static (own, asked) => asked with
                {
                    Result = own.GetProperty("value").GetRawText(),
                    Replayed = own.TryGetProperty("replayed", out _) ? true : null,
                })).Outcome;
        }

        var (done, _) = await DoAsync(
            add,
            "POST",
            "/v1/txn",
            $$"""{"then":[{"op":"add","key":"{{key}}","by":1}]}""",
            (answer, asked) =>
            {
                if (answer.Status != 200)
                {
                    return null;
                }

                using var json = JsonDocument.Parse(answer.Body);
                return asked with
                {
                    Outcome = Outcome.Ok,
                    Result = json.RootElement.GetProperty("results")[0].GetProperty("value").GetRawText(),
                    Revision = json.RootElement.GetProperty("revision").GetInt64(),
                    Replayed = answer.Headers.ContainsKey("Raft-Replayed") ? true : null,
                };
            },
            ("Content-Type", "application/json"),
            ("Idempotency-Key", name));
        return done.Outcome;
    }
}
