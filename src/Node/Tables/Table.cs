using RaftCluster.StateMachine;

namespace RaftCluster.Node.Tables;

/// <summary>A table as it stands at a revision.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Definition">What its rows are; any JSON objects for the tables that nobody defined.</param>
/// <param name="Revision">The revision of its definition; 0 for the tables that nobody defined.</param>
/// <param name="Created">The revision that made it; 0 for those.</param>
/// <param name="Version">How often it was defined since; 0 for those.</param>
internal sealed record Table(string Name, TableDefinition Definition, long Revision, long Created, long Version)
{
    /// <summary>The built-in table of opaque values.</summary>
    public static Table KeyValue { get; } = BuiltIn(TableNames.KeyValue);

    /// <summary>Whether the rows hold bytes of any kind, not JSON objects.</summary>
    public bool IsOpaque => Name == TableNames.KeyValue;

    /// <summary>Whether it is there without anybody having defined it.</summary>
    public bool IsBuiltIn => Revision == 0;

    /// <summary>What a transaction requires that was checked against this definition; nothing for what can't change.</summary>
    public TableRequirement? Requirement => IsBuiltIn ? null : new TableRequirement(Name, Revision);

    /// <summary>A table that is always there.</summary>
    public static Table BuiltIn(string name) => new(name, TableDefinition.Free, 0, 0, 0);
}
