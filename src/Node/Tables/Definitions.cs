using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Text;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Tables;

/// <summary>Finds tables by name in the rows that define them. Definitions change seldom, so each is read once. For any thread.</summary>
internal sealed class Definitions
{
    private static readonly FrozenDictionary<string, Table> _builtIn = new[]
    {
        Table.KeyValue, Table.BuiltIn(SystemTables.Tables), Table.BuiltIn(SystemTables.Leases), Table.BuiltIn(SystemTables.Locks),
    }.ToFrozenDictionary(table => table.Name, StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, Table> _read = new(StringComparer.Ordinal);

    /// <summary>Finds a table.</summary>
    /// <param name="rows">A picture of the rows.</param>
    /// <param name="name">The table's name.</param>
    /// <param name="revision">As of which revision.</param>
    /// <returns>Null when there was none.</returns>
    public Table? Find(IRowReader rows, string name, long revision) =>
        _builtIn.TryGetValue(name, out var known) ? known
        : rows.Get(SystemTables.Tables, Encoding.UTF8.GetBytes(name), revision) is { } row ? Of(name, row)
        : null;

    /// <summary>The table that a row of <see cref="SystemTables.Tables"/> defines.</summary>
    public Table Of(string name, Row row)
    {
        if (_read.TryGetValue(name, out var read) && read.Revision == row.Revision)
        {
            return read;
        }

        var table = new Table(name, StoredDefinition.Read(row.Value), row.Revision, row.Created, row.Version);
        _read[name] = table;
        return table;
    }
}
