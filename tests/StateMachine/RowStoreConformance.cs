using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Tests.StateMachine;

/// <summary>The store on disk keeps the promises.</summary>
public sealed class RowStoreConformance : StateMachineConformance
{
    protected override IStateMachine Open(string folder) => RowStore.Open(folder);
}
