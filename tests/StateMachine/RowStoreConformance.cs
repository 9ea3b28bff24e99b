using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Tests.StateMachine;

/// <summary>The store on disk keeps the promises.</summary>
public sealed class RowStoreConformance : StateMachineConformance
{
    private readonly TemporaryFolder _folder = new();

    protected override IStateMachine Open() => RowStore.Open(_folder.Path);

    protected override void Clean() => _folder.Dispose();
}
