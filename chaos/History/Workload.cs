namespace RaftCluster.Chaos.History;

/// <summary>The names of workloads in a history.</summary>
internal static class Workload
{
    /// <summary>Rows that are read, written, deleted and compared.</summary>
    public const string Register = "register";

    /// <summary>Rows that are written and read in sessions, from node to node.</summary>
    public const string Session = "session";

    /// <summary>Accounts with transfers between them.</summary>
    public const string Bank = "bank";

    /// <summary>Lists that grow.</summary>
    public const string List = "list";

    /// <summary>A counter that is added to under idempotency keys.</summary>
    public const string Counter = "counter";

    /// <summary>A counter that is written under a lock's fence.</summary>
    public const string Lock = "lock";

    /// <summary>Rows on leases.</summary>
    public const string Lease = "lease";

    /// <summary>Rows that are written once.</summary>
    public const string Ledger = "ledger";

    /// <summary>Rows of a table, with typed columns.</summary>
    public const string Table = "table";

    /// <summary>Backups, and what was in them.</summary>
    public const string Backup = "backup";

    /// <summary>Long rows that are written over and over, for logs to grow; nobody reads them.</summary>
    public const string Filler = "filler";
}
