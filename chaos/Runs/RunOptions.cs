using System.Globalization;
using RaftCluster.Chaos.Faults;
using RaftCluster.Chaos.Network;

namespace RaftCluster.Chaos.Runs;

/// <summary>What was asked for.</summary>
internal sealed record RunOptions
{
    /// <summary>How many nodes.</summary>
    public required int Nodes { get; init; }

    /// <summary>How long faults are put in.</summary>
    public required TimeSpan Time { get; init; }

    /// <summary>Decides everything that is left to chance.</summary>
    public required int Seed { get; init; }

    /// <summary>Which faults, as they were named.</summary>
    public required string Faults { get; init; }

    /// <summary>The file that says what happens when; null when the seed does.</summary>
    public string? Scenario { get; init; }

    /// <summary>How many times as many clients as usual.</summary>
    public int Load { get; init; } = 1;

    /// <summary>Whether all nodes are killed, and all power cut, many times as often as by turns.</summary>
    public bool Cycles { get; init; }

    /// <summary>What the network between nodes is made of.</summary>
    public NetworkKind Network { get; init; }

    /// <summary>Where everything goes: a new folder.</summary>
    public required string Folder { get; init; }

    /// <summary>The node's program; null for the one of this working copy.</summary>
    public string? NodeDll { get; init; }

    /// <summary>What the nodes do wrong on purpose; null for nothing.</summary>
    public string? Mutant { get; init; }

    /// <summary>The command line that repeats it.</summary>
    public string Command => string.Create(
        CultureInfo.InvariantCulture,
        $"dotnet run -c Release --project chaos -- run --nodes {Nodes} --time {Time.TotalSeconds:0}s --seed {Seed} "
        + $"{(Scenario is null ? $"--faults {Faults}" : $"--scenario {Scenario}")}{(Load == 1 ? "" : $" --load {Load}")}{(Cycles ? " --cycles" : "")}{(Network == NetworkKind.Namespaces ? " --network namespaces" : "")}{(Mutant is null ? "" : $" --mutant {Mutant}")}");
}

/// <summary>A fault at its time.</summary>
/// <param name="At">When, since the faults began.</param>
/// <param name="Fault">Which.</param>
/// <param name="Hold">For how long.</param>
/// <param name="Seed">Decides what is left to chance.</param>
/// <param name="Waits">Whether it waits until those before it are over, should these take longer than was planned.</param>
internal sealed record PlannedFault(TimeSpan At, Fault Fault, TimeSpan Hold, int Seed, bool Waits = false);
