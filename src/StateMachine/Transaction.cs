using System.Collections.Immutable;

namespace RaftCluster.StateMachine;

/// <summary>
/// Operations that happen together or not at all, in one revision. What it requires is checked first, then the
/// conditions choose one of two branches, whose operations run in order, each seeing what those before it did.
/// </summary>
/// <param name="Requires">The definitions this was checked against; if one is another by now, nothing happens.</param>
/// <param name="If">What must all be true for <paramref name="Then"/>; an empty list is true.</param>
/// <param name="Then">What is done when it is.</param>
/// <param name="Else">What is done otherwise.</param>
public sealed record Transaction(
    ImmutableArray<TableRequirement> Requires,
    ImmutableArray<Condition> If,
    ImmutableArray<Operation> Then,
    ImmutableArray<Operation> Else)
{
    /// <summary>The most operations of both branches together, and the most conditions.</summary>
    public const int MaximumOperations = 1024;

    /// <summary>The most definitions one transaction may require.</summary>
    public const int MaximumRequirements = 1024;

    /// <summary>The most bytes that the reads of one transaction may answer with, together.</summary>
    public const int MaximumResultBytes = 4 << 20;

    /// <summary>The most rows that the ranges of one transaction may go through, together.</summary>
    public const int MaximumRowsWalked = 1_000_000;

    /// <summary>The longest value that a patch or an addition may make.</summary>
    public const int MaximumMadeValueLength = 4 << 20;

    /// <summary>A transaction without conditions.</summary>
    /// <param name="operations">What is done.</param>
    public static Transaction Of(params ReadOnlySpan<Operation> operations) => new([], [], [.. operations], []);
}

/// <summary>The definition of a table that a transaction was checked against.</summary>
/// <param name="Table">The table's name.</param>
/// <param name="Revision">The revision of its definition's row in <see cref="SystemTables.Tables"/>; 0: there must be none.</param>
public readonly record struct TableRequirement(string Table, long Revision);
