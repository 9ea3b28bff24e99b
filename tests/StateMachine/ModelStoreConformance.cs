using RaftCluster.StateMachine;

namespace RaftCluster.Tests.StateMachine;

/// <summary>Holds the model to the same promises, so that agreeing with it means something.</summary>
public sealed class ModelStoreConformance : StateMachineConformance
{
    protected override IStateMachine Open(string folder) => new ModelStore();
}

/// <inheritdoc cref="ModelStoreConformance"/>
public sealed class ModelStoreTransactionConformance : TransactionConformance
{
    protected override IStateMachine Open(string folder) => new ModelStore();
}

/// <inheritdoc cref="ModelStoreConformance"/>
public sealed class ModelStoreLeasedRowConformance : LeasedRowConformance
{
    protected override IStateMachine Open(string folder) => new ModelStore();
}

/// <inheritdoc cref="ModelStoreConformance"/>
public sealed class ModelStoreIdempotencyConformance : IdempotencyConformance
{
    protected override IStateMachine Open(string folder) => new ModelStore();
}
