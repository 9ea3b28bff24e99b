using System.Text.Json;
using System.Text.Json.Serialization;
using RaftCluster.Chaos.Faults;

namespace RaftCluster.Chaos.Runs;

/// <summary>A file that says what happens when.</summary>
internal sealed record Scenario
{
    /// <summary>How many nodes; null for what the command line says.</summary>
    public int? Nodes { get; init; }

    /// <summary>Decides what the steps leave to chance.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>What happens.</summary>
    public required IReadOnlyList<ScenarioStep> Steps { get; init; }

    /// <summary>Reads one.</summary>
    /// <exception cref="HarnessException">It is no scenario.</exception>
    public static Scenario Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(file), ScenarioJson.Default.Scenario) is { Steps.Count: > 0 } scenario
                ? scenario
                : throw new HarnessException("it has no steps");
        }
        catch (JsonException malformed)
        {
            throw new HarnessException(malformed.Message);
        }
    }

    /// <summary>As a plan.</summary>
    /// <exception cref="HarnessException">A step names no fault, or no time.</exception>
    public IReadOnlyList<PlannedFault> Plan() => [.. Steps.Select((step, number) => new PlannedFault(
        TimeSpan.FromSeconds(step.At),
        FaultList.All.FirstOrDefault(fault => fault.Name == step.Fault) ?? throw new HarnessException($"'{step.Fault}' is no fault; 'list' shows them all"),
        TimeSpan.FromSeconds(step.For),
        unchecked((Seed * 1_000_003) + number))).OrderBy(planned => planned.At)];
}

/// <summary>One fault.</summary>
/// <param name="At">When, in seconds since the faults began.</param>
/// <param name="Fault">Its name.</param>
/// <param name="For">How long it holds, in seconds.</param>
internal sealed record ScenarioStep(double At, string Fault, double For = 3);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = false)]
[JsonSerializable(typeof(Scenario))]
internal sealed partial class ScenarioJson : JsonSerializerContext;
