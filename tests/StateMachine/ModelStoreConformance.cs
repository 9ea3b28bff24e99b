using RaftCluster.StateMachine;

namespace RaftCluster.Tests.StateMachine;

/// <summary>Holds the model to the same promises, so that agreeing with it means something.</summary>
public sealed class ModelStoreConformance : StateMachineConformance
{
    protected override IStateMachine Open(string folder) => new ModelStore();
}
