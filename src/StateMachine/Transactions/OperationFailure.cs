namespace RaftCluster.StateMachine.Transactions;

/// <summary>Why an operation can't be done, and with it its transaction.</summary>
internal abstract record OperationFailure
{
    /// <summary>What it needs is not there, or what it makes is beyond a limit.</summary>
    public sealed record Impossible(FailureKind Kind, string Detail) : OperationFailure;

    /// <summary>It writes what a lock guards, without a fence of it.</summary>
    public sealed record Guarded(string Lock) : OperationFailure;
}
