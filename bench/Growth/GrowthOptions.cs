namespace RaftCluster.Bench.Growth;

/// <summary>What a cost may grow with.</summary>
internal enum Cause
{
    /// <summary>How many requests are under way.</summary>
    Clients,

    /// <summary>How long a value is.</summary>
    Values,

    /// <summary>How many rows there are.</summary>
    Rows,

    /// <summary>How many nodes there are.</summary>
    Nodes,

    /// <summary>How many follow what is written.</summary>
    Readers,
}

/// <summary>What of it is measured, and how.</summary>
internal sealed record GrowthOptions
{
    /// <summary>How many requests are under way where something else grows.</summary>
    public const int UsualClients = 64;

    /// <summary>Which causes.</summary>
    public required IReadOnlyList<Cause> Only { get; init; }

    /// <summary>Numbers of requests under way.</summary>
    public required IReadOnlyList<int> Clients { get; init; }

    /// <summary>Lengths of values, in bytes.</summary>
    public required IReadOnlyList<int> Values { get; init; }

    /// <summary>Numbers of rows.</summary>
    public required IReadOnlyList<int> Rows { get; init; }

    /// <summary>Numbers of nodes.</summary>
    public required IReadOnlyList<int> Nodes { get; init; }

    /// <summary>Numbers of readers of the change feed.</summary>
    public required IReadOnlyList<int> Readers { get; init; }

    /// <summary>How often each step is measured.</summary>
    public required int Repeats { get; init; }

    /// <summary>How long a round lasts.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Where <c>growth.json</c>, <c>growth.md</c> and the charts go; null for none.</summary>
    public required string? Output { get; init; }

    /// <summary>Where data and logs go; removed afterwards.</summary>
    public required string Folder { get; init; }

    /// <summary>The built node.</summary>
    public required string NodeDll { get; init; }

    /// <summary>Reads the name of a cause.</summary>
    /// <exception cref="FormatException">There is none such.</exception>
    public static Cause Parse(string name) => name switch
    {
        "clients" => Cause.Clients,
        "values" => Cause.Values,
        "rows" => Cause.Rows,
        "nodes" => Cause.Nodes,
        "readers" => Cause.Readers,
        _ => throw new FormatException($"no growth is called '{name}': clients, values, rows, nodes, readers"),
    };
}
