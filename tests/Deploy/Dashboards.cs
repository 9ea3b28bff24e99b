using System.Text.Json;
using RaftCluster.Tests.Architecture;

namespace RaftCluster.Tests.Deploy;

/// <summary>One query of a dashboard.</summary>
/// <param name="Dashboard">The dashboard's file.</param>
/// <param name="Panel">The panel's title.</param>
/// <param name="Expression">What it asks, with the dashboard's variables.</param>
internal sealed record DashboardQuery(string Dashboard, string Panel, string Expression)
{
    /// <summary>What is asked for one cluster and all of its nodes.</summary>
    /// <param name="window">In place of the window that Grafana chooses.</param>
    public string In(string window) => Expression
        .Replace("$job", "raftcluster", StringComparison.Ordinal)
        .Replace("$instance", ".*", StringComparison.Ordinal)
        .Replace("$__rate_interval", window, StringComparison.Ordinal);

    public override string ToString() => $"{Dashboard}, {Panel}: {Expression}";
}

/// <summary>The dashboards of deploy/grafana.</summary>
internal static class Dashboards
{
    public static string[] Files => Directory.GetFiles(Path.Combine(Repository.Root, "deploy/grafana/dashboards"), "*.json");

    /// <summary>Every query of every panel, and those that mark events.</summary>
    public static IEnumerable<DashboardQuery> Queries()
    {
        foreach (var file in Files)
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            var (name, root) = (Path.GetFileNameWithoutExtension(file), document.RootElement);
            foreach (var mark in root.GetProperty("annotations").GetProperty("list").EnumerateArray())
            {
                yield return new DashboardQuery(name, $"mark {mark.GetProperty("name").GetString()}", mark.GetProperty("expr").GetString()!);
            }

            foreach (var panel in root.GetProperty("panels").EnumerateArray())
            {
                foreach (var target in panel.TryGetProperty("targets", out var targets) ? targets.EnumerateArray() : [])
                {
                    yield return new DashboardQuery(name, panel.GetProperty("title").GetString()!, target.GetProperty("expr").GetString()!);
                }
            }
        }
    }
}
