using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Tests.StateMachine;

/// <summary>The store on disk keeps the promises.</summary>
public sealed class RowStoreConformance : StateMachineConformance
{
    protected override IStateMachine Open(string folder) => RowStore.Open(folder);
}

/// <inheritdoc cref="RowStoreConformance"/>
public sealed class RowStoreTransactionConformance : TransactionConformance
{
    protected override IStateMachine Open(string folder) => RowStore.Open(folder);
}

/// <inheritdoc cref="RowStoreConformance"/>
public sealed class RowStoreLeasedRowConformance : LeasedRowConformance
{
    protected override IStateMachine Open(string folder) => RowStore.Open(folder);
}

/// <inheritdoc cref="RowStoreConformance"/>
public sealed class RowStoreIdempotencyConformance : IdempotencyConformance
{
    protected override IStateMachine Open(string folder) => RowStore.Open(folder);
}
