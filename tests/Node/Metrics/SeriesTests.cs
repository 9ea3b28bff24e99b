using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using RaftCluster.Node.Backups;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Consensus.Snapshots;
using RaftCluster.Node.Metrics;
using RaftCluster.Tests.Architecture;
using RaftCluster.Tests.Node.Http;
using RaftCluster.Tests.Node.Space;

namespace RaftCluster.Tests.Node.Metrics;

/// <summary>The file that names every metric: what it names is told, and nothing else; by Prometheus's conventions; in bounded number.</summary>
public sealed partial class SeriesTests
{
    /// <summary>What one node may come to, with sixteen members and every route, method and status seen.</summary>
    private const int MostSeries = 3200;

    [Fact]
    public async Task A_node_tells_what_the_file_names_and_nothing_else()
    {
        await using var node = await BusyNodeAsync();
        var scrape = await Scrape.OfAsync(node);

        Assert.Equal(
            Series.All.Select(series => (series.Name, Kind: KindOf(series), series.Help)).Concat(
                Series.OfTheLibrary.Select(series => (series.Name, Kind: scrape.Types[series.Name], series.Help))).Order(),
            scrape.Types.Select(type => (Name: type.Key, Kind: type.Value, Help: scrape.Help[type.Key])).Order());
    }

    [Fact]
    public void Names_and_units_are_as_Prometheus_has_them()
    {
        Assert.All(Series.All, series =>
        {
            Assert.Matches(Name(), series.Name);
            Assert.Equal(series.Kind == SeriesKind.Counter, series.Name.EndsWith("_total", StringComparison.Ordinal));
            Assert.DoesNotMatch(WrongUnit(), series.Name);
            Assert.Matches(Sentence(), series.Help);
            Assert.All(series.Labels, label => Assert.Matches(Label(), label));
            Assert.Equal(series.Labels.Length == 0, series.Most == 1 && !series.Name.EndsWith("_info", StringComparison.Ordinal));
        });
        Assert.All(Series.All.Where(series => series.Kind == SeriesKind.Histogram), series =>
        {
            Assert.EndsWith("_seconds", series.Name, StringComparison.Ordinal);
            Assert.InRange(series.Buckets.Length, 5, 12);
            Assert.Equal(series.Buckets.Order(), series.Buckets);
        });
        Assert.Distinct(Series.All.Select(series => series.Name));
    }

    [Fact]
    public async Task There_are_no_more_of_them_than_the_file_says_whatever_clients_ask()
    {
        var most = Series.All.Sum(series => series.MostSeries);
        Assert.True(most <= MostSeries, $"{most} series");

        await using var node = await BusyNodeAsync();
        for (var at = 0; at < 50; at++)
        {
            await node.GetAsync($"/nowhere/{at}");
            await node.GetAsync($"/v1/kv/key{at}");
            await node.GetAsync($"/v1/tables/table{at}/rows/{at}");
            await node.SendAsync($"VERB{at}", "/v1/kv/a");
            await node.SendAsync("GET", "/v1/kv/a", null, $"Raft-Consistency: level{at}");
        }

        var scrape = await Scrape.OfAsync(node);
        Assert.All(Series.All, series => Assert.InRange(scrape.Count(series.Name), 1, series.MostSeries));
        Assert.InRange(scrape.Series.Count, 200, 1000);
    }

    [Fact]
    public async Task What_a_node_tells_passes_the_check_of_Prometheus()
    {
        Assert.SkipUnless(PrometheusTools.Has("promtool"), "needs promtool, of Debian's package prometheus");
        await using var node = await BusyNodeAsync();
        var text = (await node.GetAsync("/metrics")).Text;

        Assert.Equal((0, ""), await PrometheusTools.RunAsync("promtool", ["check", "metrics"], input: text));
    }

    [Fact]
    public void The_page_lists_them_all()
    {
        var page = Path.Combine(Repository.Root, "docs/metrics.md");
        var text = new StringBuilder();
        foreach (var series in Series.All)
        {
            text.Append(CultureInfo.InvariantCulture, $"| `{series.Name}` | {KindOf(series)} | {string.Join(", ", series.Labels.Select(label => $"`{label}`"))} | {series.Help} |\n");
        }

        foreach (var (name, help) in Series.OfTheLibrary)
        {
            text.Append(CultureInfo.InvariantCulture, $"| `{name}` | {(name.EndsWith("_total", StringComparison.Ordinal) ? "counter" : "gauge")} | {(name.StartsWith("dotnet_coll", StringComparison.Ordinal) ? "`generation`" : "")} | {help} |\n");
        }

        var written = File.ReadAllText(page);
        var (begin, end) = (written.IndexOf("| `", StringComparison.Ordinal), written.LastIndexOf("|\n", StringComparison.Ordinal) + 2);
        if (Environment.GetEnvironmentVariable("RAFT_REWRITE_GOLDEN") == "1")
        {
            File.WriteAllText(page, written = written[..begin] + text + written[end..]);
            end = begin + text.Length;
        }

        Assert.Equal(text.ToString(), written[begin..end]);
    }

    private static string KindOf(SeriesDefinition series) => series.Kind.ToString().ToLowerInvariant();

    /// <summary>A node on which everything that is measured has happened.</summary>
    private static async Task<TestNode> BusyNodeAsync()
    {
        var volume = new TestVolume(1L << 40, 1L << 39);
        var node = await TestNode.LeaderAsync(options => options with { BackupFolder = "unused" }, volume);
        node.Backups.Report = new BackupReport("backups", new BackupFolderFile("backups/b", Header(), 10), DateTimeOffset.UnixEpoch, Error: null);
        node.Consensus.Figures = new()
        {
            Lags = [new("n2", 5, 100, TimeSpan.FromSeconds(1))],
            VotersInContact = 1,
            StateCheckIndex = 1024,
            StateCheckHash = 77,
        };
        node.Consensus.Shown = status => status with
        {
            Members = status.Members.Add(new MemberStatus(
                new ConfiguredMember(TestNode.Members(1)[0] with { Id = "n2" }, MemberRole.Voter, Promotion.Auto),
                5, TimeSpan.FromSeconds(1), new SnapshotProgress(5, 10, 20))),
        };
        node.Diagnosis.Metrics.Consensus.RoundTripsOf!("n2")(TimeSpan.FromMilliseconds(1));
        await node.PutAsync("a", "1", "Idempotency-Key: k");
        await node.PutAsync("b?ttl=30s", "1");
        foreach (var level in new[] { "linearizable", "session", "bounded&max-staleness=10s", "local" })
        {
            await node.GetAsync($"/v1/kv/a?consistency={level}");
        }

        return node;
    }

    private static BackupHeader Header() => new()
    {
        Kind = BackupHeader.Full,
        Cluster = "c",
        ClusterId = "1",
        Epoch = 1,
        Node = "n1",
        Product = "1",
        CreatedAt = DateTimeOffset.UnixEpoch.AddHours(1),
        Revision = 7,
        OldestRevision = 1,
        Index = 7,
        Term = 1,
        CurrentTerm = 1,
        Time = 0,
        StateHash = "0",
        Members = [],
    };

    [GeneratedRegex("^raftcluster_[a-z][a-z0-9_]*[a-z0-9]$")]
    private static partial Regex Name();

    [GeneratedRegex("_(ms|millis|milliseconds|micros|minutes|hours|kb|mb|gb|kib|mib|gauge|counter|histogram|summary)(_|$)")]
    private static partial Regex WrongUnit();

    [GeneratedRegex(@"^[A-Z1][^\n|]{10,}\.$")]
    private static partial Regex Sentence();

    [GeneratedRegex("^(?!le$|quantile$|instance$|job$)[a-z][a-z_]*$")]
    private static partial Regex Label();
}
