using System.Globalization;
using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Workloads;

/// <summary>Puts elements at the end of a list that it shares: by a read, and a write on the condition that nothing came between.</summary>
internal sealed class AppendClient(ClientWorld world, Random chance, Generation keys) : Client(world, chance, Workload.List)
{
    /// <inheritdoc/>
    protected override async Task StepAsync(CancellationToken stop)
    {
        var key = keys.Key;
        var (read, _) = await ReadAsync(key, Chance.Next(3) == 0 ? Consistency.Local : Consistency.Linearizable);
        if (read.Outcome != Outcome.Ok || Chance.Next(3) == 0)
        {
            return;
        }

        var condition = read.RowRevision is { } revision
            ? ("If-Match", string.Create(CultureInfo.InvariantCulture, $"\"{revision}\""))
            : ("If-None-Match", "*");
        var list = read.Result is null ? NewValue() : $"{read.Result}{AppendCheck.Between}{NewValue()}";
        var (done, _) = await WriteAsync(Ask(OperationKind.Append, key) with { Value = list }, condition);
        keys.Count(key, done.IsOpen);
    }
}
