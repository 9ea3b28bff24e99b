using RaftCluster.StateMachine;

namespace RaftCluster.Node.Tables;

/// <summary>How a table's rows are shown: bytes as they are, or JSON as the table's definition says.</summary>
/// <remarks>For one thread.</remarks>
internal sealed class RowForm(Table table)
{
    private readonly RowShape? _shape = table.IsOpaque ? null : new RowShape(table.Definition);

    /// <summary>Whether values are JSON, and stand in other JSON as they are.</summary>
    public bool IsJson => _shape is not null;

    /// <summary>The value that is shown. A row that was read without its value has none.</summary>
    public ReadOnlyMemory<byte> ValueOf(Row row) =>
        _shape is null || row.Value.IsEmpty ? row.Value : _shape.Apply(row.Value);
}
