namespace RaftCluster.Bench.Load;

/// <summary>One kind of request.</summary>
internal enum Work
{
    /// <summary>Writes a row and waits until a majority has it on disk.</summary>
    Put,

    /// <summary>
    /// The same by clients that share connections: what they put while a request is under way goes together in the next one. Of etcd
    /// the same as <see cref="Put"/>, since gRPC shares connections anyhow.
    /// </summary>
    PutGathered,

    /// <summary>Reads a row, as fresh as the last acknowledged write.</summary>
    GetLinearizable,

    /// <summary>Reads a row of the asked node's own copy, at once.</summary>
    GetLocal,

    /// <summary>Reads a row no older than what the client has seen; of etcd, which has no such thing, its local read.</summary>
    GetSession,

    /// <summary>Nine linearizable reads, then a write.</summary>
    Mix,

    /// <summary>Writes <see cref="WorkNames.TransactionKeys"/> rows in one transaction.</summary>
    Transaction,
}

/// <summary>Which node the clients speak to.</summary>
internal enum Via
{
    /// <summary>The leader.</summary>
    Leader,

    /// <summary>One follower, which forwards or asks the leader as it must.</summary>
    Follower,
}

/// <summary>The names of the command line and the report.</summary>
internal static class WorkNames
{
    /// <summary>How many rows a transaction writes; etcd takes 128 at most.</summary>
    public const int TransactionKeys = 100;

    /// <summary>The longest value of a row that a transaction writes, in bytes: the whole stays below HTTP/2's first window.</summary>
    public const int LongestTransactionValue = 500;

    /// <summary>All names, as they are listed to people.</summary>
    public const string All = "put, put-gathered, get-linearizable, get-local, get-session, mix, txn";

    /// <summary>Reads a name of the command line.</summary>
    /// <exception cref="FormatException">There is no such work.</exception>
    public static Work Parse(string name) => name switch
    {
        "put" => Work.Put,
        "put-gathered" => Work.PutGathered,
        "get-linearizable" => Work.GetLinearizable,
        "get-local" => Work.GetLocal,
        "get-session" => Work.GetSession,
        "mix" => Work.Mix,
        "txn" => Work.Transaction,
        _ => throw new FormatException($"no work is called '{name}': {All}"),
    };

    /// <summary>The name of a work.</summary>
    public static string Name(this Work work) => work switch
    {
        Work.Put => "put",
        Work.PutGathered => "put-gathered",
        Work.GetLinearizable => "get-linearizable",
        Work.GetLocal => "get-local",
        Work.GetSession => "get-session",
        Work.Mix => "mix",
        _ => "txn",
    };
}
