using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Workloads;

/// <summary>Writes one very long row over and over, so that logs are cut soon.</summary>
internal sealed class FillerClient(ClientWorld world, Random chance) : Client(world, chance, Workload.Filler)
{
    private const string Key = $"{LedgerClient.FillerPrefix}fault";
    private const int LeastBytes = 40_000;
    private const int MostBytes = 80_000;

    /// <inheritdoc/>
    protected override async Task StepAsync(CancellationToken stop)
    {
        var asked = Ask(OperationKind.Write, Key) with { Value = NewValue() };
        await DoAsync(
            asked,
            "PUT",
            $"/v1/kv/{Key}",
            LedgerClient.Long(asked.Value, Chance, Chance.Next(LeastBytes, MostBytes)),
            (answer, question) => answer.Status is 200 or 201
                ? question with { Outcome = Outcome.Ok, Revision = NumberOf(answer, "revision") }
                : null);
    }
}
