using System.Globalization;
using System.Text.Json;
using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Workloads;

/// <summary>Reads, writes, deletes and compares rows that it shares with at most five others.</summary>
internal sealed class RegisterClient(ClientWorld world, Random chance, IReadOnlyList<Generation> keys)
    : Client(world, chance, Workload.Register)
{
    private readonly Dictionary<string, (string? Value, long Revision)> _seen = [];

    /// <inheritdoc/>
    protected override async Task StepAsync(CancellationToken stop)
    {
        var generation = keys[Chance.Next(keys.Count)];
        var key = generation.Key;
        var done = Chance.Next(100) switch
        {
            < 40 => (await ReadAsync(key, Consistency.Linearizable)).Done,
            < 48 => (await ReadAsync(key, Consistency.Local)).Done,
            < 56 => await PutInBatchAsync(key),
            < 72 => (await WriteAsync(Ask(OperationKind.Write, key) with { Value = NewValue() })).Done,
            < 76 => (await WriteAsync(Ask(OperationKind.Write, key))).Done,
            < 90 => await CompareAsync(key),
            _ => await TransactAsync(key),
        };
        generation.Count(key, done.IsOpen);
        if (done is { Kind: OperationKind.Read, Outcome: Outcome.Ok, Consistency: Consistency.Linearizable })
        {
            _seen[key] = (done.Result, done.RowRevision ?? 0);
        }
    }

    private Task<Operation> PutInBatchAsync(string key)
    {
        var asked = Ask(OperationKind.Write, key) with { Value = NewValue() };
        return DoInBatchAsync(asked, $$"""{"op":"put","key":"{{key}}","value":"{{asked.Value}}"}""", static (_, question) => question);
    }

    /// <summary>By the entity tag that was seen: no two writes have the same value, so that it stands for the value.</summary>
    private async Task<Operation> CompareAsync(string key)
    {
        var (value, revision) = _seen.GetValueOrDefault(key);
        var condition = value is null ? ("If-None-Match", "*") : ("If-Match", string.Create(CultureInfo.InvariantCulture, $"\"{revision}\""));
        var (done, _) = await WriteAsync(Ask(OperationKind.CompareAndSet, key) with { Expected = value, Value = NewValue() }, condition);
        return done;
    }

    /// <summary>By the value itself.</summary>
    private async Task<Operation> TransactAsync(string key)
    {
        var (expected, _) = _seen.GetValueOrDefault(key);
        var asked = Ask(OperationKind.CompareAndSet, key) with { Expected = expected, Value = NewValue() };
        var condition = expected is null ? $$"""{"key":"{{key}}","exists":false}""" : $$"""{"key":"{{key}}","value":"{{expected}}"}""";
        var body = $$"""{"if":[{{condition}}],"then":[{"op":"put","key":"{{key}}","value":"{{asked.Value}}"}]}""";
        var (done, _) = await DoAsync(
            asked,
            "POST",
            "/v1/txn",
            body,
            (answer, question) =>
            {
                if (answer.Status != 200)
                {
                    return null;
                }

                using var json = JsonDocument.Parse(answer.Body);
                return question with
                {
                    Outcome = json.RootElement.GetProperty("succeeded").GetBoolean() ? Outcome.Ok : Outcome.Failed,
                    Revision = json.RootElement.GetProperty("revision").GetInt64(),
                };
            },
            ("Content-Type", "application/json"));
        return done;
    }
}
