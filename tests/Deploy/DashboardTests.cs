using System.Text.Json;
using RaftCluster.Node.Metrics;
using RaftCluster.Tests.Architecture;

namespace RaftCluster.Tests.Deploy;

/// <summary>The dashboards: each can be loaded, stands in a grid without overlaps, and asks for metrics that there are.</summary>
public sealed class DashboardTests
{
    public static TheoryData<string> Names => [.. Dashboards.Files.Select(file => Path.GetFileName(file))];

    [Theory, MemberData(nameof(Names))]
    public void A_dashboard_is_whole(string name)
    {
        var file = Dashboards.Files.Single(file => Path.GetFileName(file) == name);
        var json = JsonDocument.Parse(File.ReadAllBytes(file)).RootElement;
        var panels = json.GetProperty("panels").EnumerateArray().ToList();

        Assert.Equal(Path.GetFileNameWithoutExtension(name), json.GetProperty("uid").GetString());
        Assert.Distinct(panels.Select(panel => panel.GetProperty("id").GetInt32()));
        var places = panels.SelectMany(panel =>
        {
            var at = panel.GetProperty("gridPos");
            var (x, y, w, h) = (Number(at, "x"), Number(at, "y"), Number(at, "w"), Number(at, "h"));
            Assert.InRange(x + w, 1, 24);
            return from column in Enumerable.Range(x, w) from row in Enumerable.Range(y, h) select (column, row);
        });
        Assert.Distinct(places);
        Assert.All(
            panels.Where(panel => panel.GetProperty("type").GetString() != "row"),
            panel =>
            {
                Assert.Equal("raftcluster-prometheus", panel.GetProperty("datasource").GetProperty("uid").GetString());
                Assert.NotEmpty(panel.GetProperty("targets").EnumerateArray());
                Assert.NotEmpty(panel.GetProperty("fieldConfig").GetProperty("defaults").GetProperty("unit").GetString()!);
            });

        static int Number(JsonElement at, string name) => at.GetProperty(name).GetInt32();
    }

    [Fact]
    public void They_ask_for_metrics_that_there_are_of_the_cluster_that_was_chosen()
    {
        var queries = Dashboards.Queries().ToList();
        Assert.True(queries.Count > 100, $"{queries.Count} queries");
        Assert.All(queries, query => Assert.Empty(MetricNames.UnknownIn(query.Expression)));
        Assert.All(queries, query => Assert.Contains("job=\"$job\"", query.Expression, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_metric_is_in_a_dashboard_or_an_alert_or_for_those_who_know_what_they_ask()
    {
        string[] seldom = ["raftcluster_backup_last_revision", "raftcluster_is_voter"];
        var alerts = File.ReadAllText(Path.Combine(Repository.Root, "deploy/prometheus/rules/alerts.yml"));
        var shown = string.Join('\n', Dashboards.Queries().Select(query => query.Expression).Append(alerts));

        Assert.Equal(
            seldom,
            Series.All.Select(series => series.Name).Where(name => !shown.Contains(name, StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }
}
