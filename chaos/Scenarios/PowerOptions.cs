namespace RaftCluster.Chaos.Scenarios;

/// <summary>Whose power is cut.</summary>
internal enum Victims
{
    /// <summary>One node's, while the others go on.</summary>
    One,

    /// <summary>All nodes' at the same moment; then only a majority comes back at first.</summary>
    All,
}

/// <summary>What was asked for.</summary>
internal sealed record PowerOptions
{
    /// <summary>How many runs, each with a new cluster.</summary>
    public required int Runs { get; init; }

    /// <summary>Decides everything that is left to chance, together with a run's number.</summary>
    public required int Seed { get; init; }

    /// <summary>The number of the first run: with 1 run, the one to repeat.</summary>
    public required int First { get; init; }

    /// <summary>How many nodes.</summary>
    public required int Nodes { get; init; }

    /// <summary>Whose power is cut.</summary>
    public required Victims Victims { get; init; }

    /// <summary>How long is written before the power goes, at most.</summary>
    public required TimeSpan Writing { get; init; }

    /// <summary>How many writers.</summary>
    public required int Writers { get; init; }

    /// <summary>Whether the nodes' syncs do nothing, which must be noticed.</summary>
    public required bool NoSync { get; init; }

    /// <summary>Where everything goes.</summary>
    public required string Folder { get; init; }

    /// <summary>The node's program; null for the one of this working copy.</summary>
    public required string? NodeDll { get; init; }

    /// <summary>The command line that repeats a run.</summary>
    public string Repeat(int run) =>
        $"dotnet run -c Release --project chaos -- power --seed {Seed} --first {run} --runs 1 --nodes {Nodes} "
        + $"--victims {(Victims == Victims.All ? "all" : "one")} --seconds-of-writes {Writing.TotalSeconds} --writers {Writers}"
        + (NoSync ? " --mutant no-sync" : "");
}
