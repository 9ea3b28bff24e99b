namespace RaftCluster.Chaos.History;

/// <summary>A history, sorted by what its records are.</summary>
internal sealed class RunHistory
{
    /// <summary>Takes its records.</summary>
    public RunHistory(IEnumerable<HistoryRecord> records)
    {
        foreach (var record in records)
        {
            switch (record)
            {
                case RunRecord run:
                    Run = run;
                    break;
                case Operation operation:
                    Operations.Add(operation);
                    break;
                case FaultRecord fault:
                    Faults.Add(fault);
                    break;
                case ViewRecord view:
                    Views.Add(view);
                    break;
                case FeedRecord feed:
                    Feed.Add(feed);
                    break;
                case EndRecord end:
                    End = end;
                    break;
                default:
                    throw new System.Diagnostics.UnreachableException();
            }
        }
    }

    /// <summary>What was run; null in a part of a history.</summary>
    public RunRecord? Run { get; }

    /// <summary>What clients did, in the order of ends.</summary>
    public List<Operation> Operations { get; } = [];

    /// <summary>The faults, in the order of ends.</summary>
    public List<FaultRecord> Faults { get; } = [];

    /// <summary>What nodes said of themselves, in the order of ends.</summary>
    public List<ViewRecord> Views { get; } = [];

    /// <summary>What consumers of the feed got, in the order in which they got it.</summary>
    public List<FeedRecord> Feed { get; } = [];

    /// <summary>The end; null when it did not come to one.</summary>
    public EndRecord? End { get; }

    /// <summary>The operations of one workload.</summary>
    public IEnumerable<Operation> Of(string workload) => Operations.Where(operation => operation.Workload == workload);
}
