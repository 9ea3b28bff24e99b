using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.Cluster;
using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Faults;

/// <summary>While no node runs: what is on their disks must hold what was acknowledged, on a majority of them.</summary>
internal static class DiskAudit
{
    /// <summary>Reads all logs and holds the ledger to them.</summary>
    public static async Task RunAsync(FaultContext context, FaultReport report)
    {
        var copies = await LogReader.ReadAllAsync(context.Program, context.Group, context.Nodes, context.Folder, "cut");
        var writes = context.Journal.Records.OfType<Operation>()
            .Where(operation => operation is { Workload: Workload.Ledger, Kind: OperationKind.Write, Outcome: Outcome.Ok })
            .Select(operation => new WriteOperation(
                operation.Key, operation.Value!, IsOnly: true, operation.Node, operation.Begin, operation.End,
                new WriteOutcome.Acknowledged(operation.Revision!.Value, 1)))
            .ToList();
        var violations = LogCheck.Sound(copies).Concat(LogCheck.OnAMajority(writes, copies)).ToList();
        violations.ForEach(context.Violate);
        report.Say($"{writes.Count} acknowledged writes of the ledger looked for in {copies.Count} logs");
    }
}
