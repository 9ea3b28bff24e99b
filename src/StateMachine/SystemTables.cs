namespace RaftCluster.StateMachine;

/// <summary>
/// The tables in which the state machine keeps its own: rows like all others, with history, state hash and changes. Users
/// read them and never write them.
/// </summary>
public static class SystemTables
{
    /// <summary>Definitions of tables, by name.</summary>
    public const string Tables = "$tables";

    /// <summary>Leases, by id in decimal.</summary>
    public const string Leases = "$leases";

    /// <summary>Locks, by name.</summary>
    public const string Locks = "$locks";

    /// <summary>The media type of their rows.</summary>
    public const string ContentType = "application/json";

    /// <summary>Whether a table is one of these, or kept for one to come.</summary>
    public static bool IsSystem(string table) => table.StartsWith('$');
}
