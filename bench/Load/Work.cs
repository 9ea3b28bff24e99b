namespace RaftCluster.Bench.Load;

/// <summary>One kind of request.</summary>
internal enum Work
{
    /// <summary>Writes a row and waits until a majority has it on disk.</summary>
    Put,

    /// <summary>Reads a row, as fresh as the last acknowledged write.</summary>
    GetLinearizable,

    /// <summary>Reads a row of the asked node's own copy, at once.</summary>
    GetLocal,
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
    /// <summary>Reads a name of the command line.</summary>
    /// <exception cref="FormatException">There is no such work.</exception>
    public static Work Parse(string name) => name switch
    {
        "put" => Work.Put,
        "get-linearizable" => Work.GetLinearizable,
        "get-local" => Work.GetLocal,
        _ => throw new FormatException($"no work is called '{name}': put, get-linearizable, get-local"),
    };

    /// <summary>The name of a work.</summary>
    public static string Name(this Work work) => work switch
    {
        Work.Put => "put",
        Work.GetLinearizable => "get-linearizable",
        _ => "get-local",
    };
}
