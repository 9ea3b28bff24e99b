using System.Text;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Changes;

/// <summary>Which changes a reader wants.</summary>
internal sealed class ChangeFilter
{
    private readonly byte _operations;

    /// <summary>Wants what meets all of it.</summary>
    /// <param name="table">The rows' table; null for every table.</param>
    /// <param name="prefix">What their keys begin with; empty for every key.</param>
    /// <param name="operations">What was done to them; none for anything.</param>
    public ChangeFilter(string? table = null, byte[]? prefix = null, params ReadOnlySpan<ChangeOperation> operations)
    {
        TableName = table;
        Table = table is null ? null : Encoding.UTF8.GetBytes(table);
        Prefix = prefix ?? [];
        foreach (var operation in operations)
        {
            _operations |= BitOf(operation);
        }

        _operations = _operations == 0 ? byte.MaxValue : _operations;
    }

    /// <summary>The rows' table; null for every table.</summary>
    public string? TableName { get; }

    /// <summary>The table's name in UTF-8.</summary>
    public byte[]? Table { get; }

    /// <summary>What the keys begin with.</summary>
    public byte[] Prefix { get; }

    /// <summary>Whether a change is wanted.</summary>
    public bool Wants(ChangeOperation operation, ReadOnlySpan<byte> table, ReadOnlySpan<byte> key) =>
        Wants(operation) && (Table is null || table.SequenceEqual(Table)) && key.StartsWith(Prefix);

    /// <summary>Whether a change of this kind is wanted, if its row is.</summary>
    public bool Wants(ChangeOperation operation) => (_operations & BitOf(operation)) != 0;

    private static byte BitOf(ChangeOperation operation) => (byte)(1 << (int)operation);
}
