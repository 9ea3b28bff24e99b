using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>Something that a request wants changed.</summary>
internal abstract class Change
{
    /// <summary>
    /// Decides what to propose, from the rows as they stand on this node, which leads. Asked again when that has turned
    /// out to be behind.
    /// </summary>
    public abstract Plan Prepare(Call call);

    /// <summary>What an operation that failed is called in the request; null when it has no name.</summary>
    public virtual string? FieldOf(Outcome.Failed failed) => null;
}

/// <summary>The one thing that a request wants changed.</summary>
internal abstract class Write : Change
{
    /// <summary>
    /// Answers with what came of it. The answer follows from the request, the outcome and the rows as of the outcome's
    /// revision alone, so that a replay says what the first answer said.
    /// </summary>
    /// <param name="call">The request.</param>
    /// <param name="outcome">An outcome of what was prepared, and none that <see cref="Writes"/> answers for all writes.</param>
    public abstract ValueTask ShowAsync(Call call, Outcome outcome);
}

/// <summary>What a write comes to before it is proposed.</summary>
/// <param name="Transaction">What to propose; nothing when there is a refusal.</param>
/// <param name="Refusal">Why nothing is to be proposed, as far as the rows show here; null when something is.</param>
internal readonly record struct Plan(ReadOnlyMemory<byte> Transaction, Problem? Refusal)
{
    /// <summary>Something to propose.</summary>
    public static Plan Propose(ReadOnlyMemory<byte> transaction) => new(transaction, null);

    /// <summary>Nothing to propose.</summary>
    public static Plan Refuse(Problem problem) => new(default, problem);
}

/// <summary>A write that is the same whatever the rows are.</summary>
/// <param name="transaction">The transaction, encoded.</param>
internal abstract class PlainWrite(ReadOnlyMemory<byte> transaction) : Write
{
    /// <inheritdoc/>
    public sealed override Plan Prepare(Call call) => Plan.Propose(transaction);
}
