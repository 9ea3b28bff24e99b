using System.Buffers.Binary;

namespace RaftCluster.StateMachine;

/// <summary>What a <see cref="Condition"/> looks at.</summary>
public enum ConditionSubject : byte
{
    /// <summary>The revision of the row's last change; 0 when there is no row.</summary>
    Revision = 1,

    /// <summary>How often the row was written since it was made; 0 when there is no row.</summary>
    Version = 2,

    /// <summary>The revision that made the row; 0 when there is no row.</summary>
    Created = 3,

    /// <summary>The value's bytes, compared byte by byte; without a row nothing but <see cref="Comparison.NotEqual"/> holds.</summary>
    Value = 4,

    /// <summary>1 when there is a row, 0 when there is none.</summary>
    Exists = 5,

    /// <summary>
    /// A member of the row's JSON object; null when the row, the object or the member is missing. Numbers are compared
    /// exactly, strings by their UTF-8 bytes, false is less than true; what is of different types, and arrays, objects
    /// and nulls, are equal or not and have no order.
    /// </summary>
    Column = 6,

    /// <summary>Whether the row's revision is one of several; without a row it is none of them. Only (not) equal.</summary>
    RevisionIn = 7,

    /// <summary>
    /// As <see cref="Column"/>, but a member that the row's object lacks counts as <see cref="Condition.Missing"/>: what
    /// readers are shown of rows that are older than the column.
    /// </summary>
    ColumnOr = 8,
}

/// <summary>How a <see cref="Condition"/> compares what it finds with what it names.</summary>
public enum Comparison : byte
{
    /// <summary>They are equal.</summary>
    Equal = 1,

    /// <summary>They are not equal.</summary>
    NotEqual = 2,

    /// <summary>What is found is less.</summary>
    Less = 3,

    /// <summary>What is found is less or equal.</summary>
    LessOrEqual = 4,

    /// <summary>What is found is greater.</summary>
    Greater = 5,

    /// <summary>What is found is greater or equal.</summary>
    GreaterOrEqual = 6,
}

/// <summary>Something that must be true of one row when a transaction is applied.</summary>
/// <param name="Table">The table's name.</param>
/// <param name="Key">1 to 1,024 bytes of UTF-8.</param>
/// <param name="Subject">What is looked at.</param>
/// <param name="Comparison">How it is compared.</param>
/// <param name="Operand">
/// For a value its bytes, for a column JSON text, for several revisions 8 bytes each (little-endian); otherwise empty.
/// </param>
/// <param name="Number">For the subjects that are numbers; otherwise 0.</param>
/// <param name="Column">The name of a column's member; otherwise null.</param>
public sealed record Condition(
    string Table,
    ReadOnlyMemory<byte> Key,
    ConditionSubject Subject,
    Comparison Comparison,
    ReadOnlyMemory<byte> Operand,
    long Number,
    string? Column)
{
    /// <summary>For <see cref="ConditionSubject.ColumnOr"/>: JSON text, and not empty; otherwise empty.</summary>
    public ReadOnlyMemory<byte> Missing { get; init; }

    /// <summary>Compares one of the row's numbers.</summary>
    public static Condition OnNumber(
        string table, ReadOnlyMemory<byte> key, ConditionSubject subject, Comparison comparison, long number) =>
        new(table, key, subject, comparison, default, number, null);

    /// <summary>Compares the row's value.</summary>
    public static Condition OnValue(
        string table, ReadOnlyMemory<byte> key, Comparison comparison, ReadOnlyMemory<byte> value) =>
        new(table, key, ConditionSubject.Value, comparison, value, 0, null);

    /// <summary>Compares a member of the row's JSON object.</summary>
    /// <param name="table">The table's name.</param>
    /// <param name="key">The row's key.</param>
    /// <param name="column">The member's name.</param>
    /// <param name="comparison">How it is compared.</param>
    /// <param name="json">What it is compared with.</param>
    /// <param name="missing">What a member counts as that the object of a row lacks; empty for null.</param>
    public static Condition OnColumn(
        string table,
        ReadOnlyMemory<byte> key,
        string column,
        Comparison comparison,
        ReadOnlyMemory<byte> json,
        ReadOnlyMemory<byte> missing = default) =>
        new(table, key, missing.IsEmpty ? ConditionSubject.Column : ConditionSubject.ColumnOr, comparison, json, 0, column)
        {
            Missing = missing,
        };

    /// <summary>The condition that accepts the rows which a precondition accepts; null for one that accepts all.</summary>
    public static Condition? From(string table, ReadOnlyMemory<byte> key, in Precondition when) => when.Kind switch
    {
        PreconditionKind.None => null,
        PreconditionKind.Exists => OnNumber(table, key, ConditionSubject.Exists, Comparison.Equal, 1),
        PreconditionKind.Absent => OnNumber(table, key, ConditionSubject.Exists, Comparison.Equal, 0),
        PreconditionKind.RevisionIn => OnRevisions(table, key, Comparison.Equal, when.Revisions.AsSpan()),
        PreconditionKind.RevisionNotIn => OnRevisions(table, key, Comparison.NotEqual, when.Revisions.AsSpan()),
        _ => throw new InvariantException($"unknown precondition {when.Kind}"),
    };

    private static Condition OnRevisions(
        string table, ReadOnlyMemory<byte> key, Comparison comparison, ReadOnlySpan<long> revisions)
    {
        var operand = new byte[8 * revisions.Length];
        for (var i = 0; i < revisions.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(operand.AsSpan(8 * i), revisions[i]);
        }

        return new(table, key, ConditionSubject.RevisionIn, comparison, operand, 0, null);
    }
}
