using System.Diagnostics;
using System.Text.Json;
using RaftCluster.Tests.Deploy;
using RaftCluster.Tests.EndToEnd.Cluster;
using RaftCluster.Tests.EndToEnd.Monitoring;

namespace RaftCluster.Browser;

/// <summary>
/// A run of the chaos harness, with Prometheus and a browser looking on: the console, an alert and the dashboard show the fault while it is in
/// force, and that it is over. Pictures of all three go to the folder that <c>PICTURES</c> names.
/// </summary>
public sealed class ChaosTests
{
    private const string Scenario = """{"nodes":3,"seed":7,"steps":[{"at":25,"fault":"pause-follower","for":35}]}""";

    private static readonly TimeSpan _bound = TimeSpan.FromMinutes(2);

    private static readonly string? _pictures = Environment.GetEnvironmentVariable("PICTURES");

    [Fact]
    public async Task The_console_an_alert_and_the_dashboard_show_the_fault_of_a_run()
    {
        var folder = Directory.CreateTempSubdirectory("raft-chaos-");
        var scenario = Path.Combine(folder.FullName, "scenario.json");
        await File.WriteAllTextAsync(scenario, Scenario, Stage.Cancellation);
        using var chaos = Process.Start(Stage.Program(
            "chaos", "RaftCluster.Chaos", ["run", "--time", "100s", "--scenario", scenario, "--folder", Path.Combine(folder.FullName, "run")]))!;
        var said = chaos.StandardOutput.ReadToEndAsync(Stage.Cancellation);
        try
        {
            var nodes = await Eventually.HasAsync("the run has named its nodes", _bound, () => TargetsAsync(Path.Combine(folder.FullName, "run", "prometheus-targets.json")));
            await using var prometheus = await PrometheusServer.StartAsync(nodes);
            await using var stage = await Stage.BrowserAsync(new() { ViewportSize = new() { Width = 1280, Height = 900 }, ColorScheme = ColorScheme.Light });
            // Whoever is paused, one of two is not; the page asks all members through its own node.
            var down = await Eventually.HasAsync("one node does not answer", _bound, () => DownAsync(prometheus));
            var watched = nodes.First(node => node != down);
            await stage.Page.GotoAsync($"http://{watched}/ui#/overview");

            await Assertions.Expect(stage.Page.Locator(".node.unreachable")).ToHaveCountAsync(1);
            await Assertions.Expect(stage.Page.Locator(".alarm").Filter(new() { HasText = "does not answer" })).ToBeVisibleAsync();
            await PictureAsync(stage, "fault-console");
            await prometheus.FiresAsync("RaftClusterNodeDown");
            await stage.Page.GotoAsync($"{prometheus.Url}classic/alerts");
            await PictureAsync(stage, "fault-alert");
            foreach (var (panel, expected) in new[] { ("Who answers", 2), ("Voters in contact", 2) })
            {
                Assert.Equal(expected, await ValueAsync(prometheus, panel));
            }

            Assert.Contains(await AskAsync(prometheus, "Alerts"), alert => alert.Labels.Contains("RaftClusterNodeDown", StringComparison.Ordinal));
            await stage.Page.GotoAsync($"{prometheus.Url}classic/graph?{Graphs("Who answers", "Writes done", "Voters in contact")}");
            await Assertions.Expect(stage.Page.Locator(".rickshaw_graph svg")).ToHaveCountAsync(3);
            await PictureAsync(stage, "fault-dashboard");

            await stage.Page.GotoAsync($"http://{watched}/ui#/overview");
            await Assertions.Expect(stage.Page.Locator(".node.unreachable")).ToHaveCountAsync(0, new() { Timeout = (float)_bound.TotalMilliseconds });
            await Eventually.HoldsAsync(
                "the alert is over", _bound, async () => !(await prometheus.FiringAsync()).Contains("RaftClusterNodeDown"));
            Assert.Equal(3, await ValueAsync(prometheus, "Who answers"));
        }
        finally
        {
            // The run ends by itself; what it found is its verdict.
            await chaos.WaitForExitAsync(CancellationToken.None);
            TestContext.Current.TestOutputHelper?.WriteLine(await said);
        }

        Assert.Equal(0, chaos.ExitCode);
        folder.Delete(recursive: true);
    }

    private static async Task<IReadOnlyList<string>?> TargetsAsync(string file)
    {
        if (!File.Exists(file))
        {
            return null;
        }

        using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(file, Stage.Cancellation));
        return [.. json.RootElement[0].GetProperty("targets").EnumerateArray().Select(target => target.GetString()!)];
    }

    private static async Task<string?> DownAsync(PrometheusServer prometheus) =>
        await prometheus.QueryAsync("up == 0") is [var sample]
            ? JsonDocument.Parse(sample.Labels).RootElement.GetProperty("instance").GetString()
            : null;

    /// <summary>The first query of a panel of the dashboard about chaos runs.</summary>
    private static string QueryOf(string panel) =>
        Dashboards.Queries().First(query => query.Dashboard == "raftcluster-chaos" && query.Panel == panel).In("15s");

    private static async Task<IReadOnlyList<Sample>> AskAsync(PrometheusServer prometheus, string panel) =>
        await Eventually.HasAsync($"the panel {panel} has an answer", _bound, () => prometheus.QueryAsync(QueryOf(panel)));

    /// <summary>What a panel shows: its one line, or how many of its lines are up.</summary>
    private static async Task<double> ValueAsync(PrometheusServer prometheus, string panel) =>
        (await AskAsync(prometheus, panel)).Sum(sample => sample.Value);

    private static string Graphs(params string[] panels) => string.Join('&', panels.Select((panel, at) =>
        $"g{at}.range_input=2m&g{at}.tab=0&g{at}.expr={Uri.EscapeDataString(QueryOf(panel))}"));

    private static async Task PictureAsync(Stage stage, string name)
    {
        if (_pictures is not null)
        {
            await stage.Page.ScreenshotAsync(new() { Path = Path.Combine(_pictures, $"{name}.png"), FullPage = true });
        }
    }
}
