using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using RaftCluster.Tests.Architecture;
using RaftCluster.Tests.EndToEnd.Cluster;
using RaftCluster.Tests.Node.Metrics;

namespace RaftCluster.Tests.EndToEnd.Monitoring;

/// <summary>A real Prometheus that scrapes a real cluster each second, with the rules as they are shipped but for shorter patience.</summary>
internal sealed partial class PrometheusServer : IAsyncDisposable
{
    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(90);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("raft-prometheus-");
    private readonly HttpClient _http = new();
    private readonly Process _process;
    private readonly Task<string> _said;

    private PrometheusServer(IReadOnlyList<string> nodes)
    {
        var port = FreePorts.Find(1)[0];
        _http.BaseAddress = new Uri($"http://127.0.0.1:{port}");
        foreach (var rules in Directory.GetFiles(Path.Combine(Repository.Root, "deploy/prometheus/rules")))
        {
            // An alert waits for minutes, so as not to wake anybody in vain; a test need not, but where somebody else on this machine
            // who fills the disk for a moment would be taken for what it is about.
            File.WriteAllText(Path.Combine(_folder.FullName, Path.GetFileName(rules)), Patience().Replace(File.ReadAllText(rules), "for: 2s"));
        }

        var targets = string.Join(", ", nodes.Select(node => $"'{node}'"));
        File.WriteAllText(Path.Combine(_folder.FullName, "prometheus.yml"), $$"""
            global: {scrape_interval: 1s, scrape_timeout: 900ms, evaluation_interval: 1s}
            rule_files: [alerts.yml, recording.yml]
            scrape_configs:
              - job_name: raftcluster
                static_configs:
                  - targets: [{{targets}}]
            """);
        _process = Process.Start(new ProcessStartInfo("prometheus",
        [
            "--config.file", Path.Combine(_folder.FullName, "prometheus.yml"),
            "--storage.tsdb.path", Path.Combine(_folder.FullName, "data"),
            "--web.listen-address", $"127.0.0.1:{port}",
            "--enable-feature", "exemplar-storage",
        ])
        {
            RedirectStandardError = true,
        })!;
        _said = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>Where its own pages are.</summary>
    public Uri Url => _http.BaseAddress!;

    /// <summary>Starts it, and waits until it has scraped every node; skips the test where none is installed.</summary>
    /// <param name="nodes">Where each answers: host and port.</param>
    public static async Task<PrometheusServer> StartAsync(IReadOnlyList<string> nodes)
    {
        Assert.SkipUnless(PrometheusTools.Has("prometheus"), "needs Prometheus, of Debian's package prometheus");
        var server = new PrometheusServer(nodes);
        await Eventually.HoldsAsync(
            "Prometheus has scraped every node",
            _bound,
            async () => (await server.QueryAsync("sum(up)")) is [{ Value: var up }] && up == nodes.Count,
            () => server._process.HasExited ? server._said.Result : "it has not");
        return server;
    }

    /// <summary>Asks.</summary>
    /// <returns>The time series that there are now; null when it does not answer yet.</returns>
    public async Task<IReadOnlyList<Sample>?> QueryAsync(string expression)
    {
        try
        {
            using var answer = await _http.GetAsync($"/api/v1/query?query={Uri.EscapeDataString(expression)}", TestContext.Current.CancellationToken);
            var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement;
            Assert.True(answer.IsSuccessStatusCode, $"{expression}: {json}");
            var data = json.GetProperty("data");
            return data.GetProperty("resultType").GetString() == "vector"
                ? [.. data.GetProperty("result").EnumerateArray().Select(Sample.Read)]
                : [new Sample("", Sample.Number(data.GetProperty("result")))];
        }
        catch (Exception early) when (early is HttpRequestException or JsonException)
        {
            return null;
        }
    }

    /// <summary>The alerts that fire now, by name, in order.</summary>
    public async Task<string[]> FiringAsync()
    {
        var json = JsonDocument.Parse(await _http.GetStringAsync("/api/v1/alerts", TestContext.Current.CancellationToken)).RootElement;
        return
        [
            .. json.GetProperty("data").GetProperty("alerts").EnumerateArray()
                .Where(alert => alert.GetProperty("state").GetString() == "firing")
                .Select(alert => alert.GetProperty("labels").GetProperty("alertname").GetString()!)
                .Distinct().Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>Waits until alerts fire, others beside them or not.</summary>
    public async Task FiresAsync(params string[] alerts)
    {
        string[] firing = [];
        await Eventually.HoldsAsync(
            $"{string.Join(", ", alerts)} fire",
            _bound,
            async () => alerts.Except(firing = await FiringAsync()).ToArray() is [],
            () => $"these fire: {string.Join(", ", firing)}");
        TestContext.Current.TestOutputHelper?.WriteLine($"fired: {string.Join(", ", firing)}");
    }

    /// <summary>Waits until no alert fires.</summary>
    /// <param name="but">Which may go on: those about the last minutes.</param>
    public async Task ClearsAsync(params string[] but)
    {
        string[] firing = [];
        await Eventually.HoldsAsync(
            "the alerts clear", _bound, async () => (firing = await FiringAsync()).Except(but).ToArray() is [], () => string.Join(", ", firing));
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        await _said;
        _process.Dispose();
        _http.Dispose();
        _folder.Delete(recursive: true);
    }

    [GeneratedRegex(@"for: (?!15m)[1-9]\d*[smh]")]
    private static partial Regex Patience();
}

/// <summary>One time series and its value.</summary>
/// <param name="Labels">Its labels, as JSON.</param>
/// <param name="Value">Its value; no number where there is none.</param>
internal sealed record Sample(string Labels, double Value)
{
    public static Sample Read(JsonElement series) => new(series.GetProperty("metric").GetRawText(), Number(series.GetProperty("value")));

    public static double Number(JsonElement pair) => pair[1].GetString() switch
    {
        "NaN" => double.NaN,
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        var number => double.Parse(number!, CultureInfo.InvariantCulture),
    };
}
