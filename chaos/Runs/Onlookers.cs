using System.Text.Json;
using System.Text.Json.Serialization;
using RaftCluster.Chaos.Cluster;

namespace RaftCluster.Chaos.Runs;

/// <summary>Lets others look on while a run goes: Prometheus and Grafana, and whoever opens a node's console.</summary>
internal static class Onlookers
{
    /// <summary>The name of the file, in the run's folder, from which Prometheus learns the nodes (<c>file_sd_configs</c>).</summary>
    public const string TargetsName = "prometheus-targets.json";

    /// <summary>Writes the file.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="nodes">The nodes.</param>
    public static void Write(string folder, IReadOnlyList<NodeProcess> nodes)
    {
        ScrapeGroup[] groups = [new([.. nodes.Select(node => node.Http.Authority)], new Dictionary<string, string> { ["run"] = Path.GetFileName(folder) })];
        File.WriteAllBytes(Path.Combine(folder, TargetsName), JsonSerializer.SerializeToUtf8Bytes(groups, OnlookersJson.Default.ScrapeGroupArray));
    }
}

/// <summary>Nodes as Prometheus has them in a file.</summary>
/// <param name="Targets">Where each answers.</param>
/// <param name="Labels">What its time series carry.</param>
internal sealed record ScrapeGroup(IReadOnlyList<string> Targets, IReadOnlyDictionary<string, string> Labels);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ScrapeGroup[]))]
internal sealed partial class OnlookersJson : JsonSerializerContext;
