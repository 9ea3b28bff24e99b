using System.Xml.Linq;
using RaftCluster.Bench.Report;
using RaftCluster.Bench.Suite;

namespace RaftCluster.Tests.Bench;

public sealed class SuiteReportTests
{
    private static readonly (double, double)[] _half = [(50, 100), (50, 100), (50, 100)];
    private static readonly (double, double)[] _tenfold = [(1000, 100), (1000, 100), (1000, 100)];

    [Fact]
    public void What_is_missed_is_said_plainly()
    {
        var page = Page(Samples.Judge("put-64", Samples.Of("put-64", _half)), Samples.Judge("get-64", Samples.Of("get-64", _tenfold)));

        Assert.Contains("| put, 64 clients | gRPC | 50.0 requests/s | 100 | 0.50 | 0.50–0.50 | 2.5 times, p99 not worse | **missed** |", page, StringComparison.Ordinal);
        Assert.Contains("| reached |", page, StringComparison.Ordinal);
        Assert.Contains("- put, 64 clients (gRPC): median 0.50 of etcd's, at least 2.5 wanted.", page, StringComparison.Ordinal);
        Assert.DoesNotContain("A glance", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Noise_errors_and_too_few_repeats_are_said_too()
    {
        var samples = Samples.Of("put-64", (260, 100));
        samples[0] = samples[0] with { Errors = 3, LastError = "a reason" };

        var page = Page(Samples.Judge("put-64", samples, "before: somebody wrote"));

        Assert.Contains("too noisy to judge", page, StringComparison.Ordinal);
        Assert.Contains("- put-64: before: somebody wrote", page, StringComparison.Ordinal);
        Assert.Contains("raftcluster had 3 errors in put-64, the last: a reason", page, StringComparison.Ordinal);
        Assert.Contains("**A glance, not a measurement**", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rate_near_the_generator_s_own_is_marked() => Assert.Contains(
        "linearizable get, 64 clients, leader: 100% of the ceiling", Page(Samples.Judge("get-64", Samples.Of("get-64", _tenfold))), StringComparison.Ordinal);

    [Fact]
    public void A_report_is_read_as_it_was_written()
    {
        var report = Samples.Report(Samples.Judge("put-64", Samples.Of("put-64", _half), "noise"), Samples.Judge("memory", Samples.Of("memory", _half)));
        var path = Path.GetTempFileName();
        try
        {
            report.Write(path);
            var read = SuiteReport.Read(path);

            Assert.Equal(report.Samples, read.Samples);
            Assert.Equal(report.Probes, read.Probes);
            Assert.Equal(report.Ceilings, read.Ceilings);
            Assert.Equal(report.Rows.Select(row => (row.Name, row.Ratio, row.Verdict)), read.Rows.Select(row => (row.Name, row.Ratio, row.Verdict)));

            File.WriteAllText(path, "{");
            Assert.Throws<IOException>(() => SuiteReport.Read(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("get-64", 1000, 800, true)]
    [InlineData("get-64", 1000, 950, false)]
    [InlineData("get-64", 800, 1000, false)]
    [InlineData("memory", 30, 40, true)]
    [InlineData("memory", 40, 30, false)]
    public void A_row_is_worse_when_its_ratio_is_by_more_than_a_tenth(string row, double before, double now, bool isWorse)
    {
        SuiteReport Of(double ours) => Samples.Report(Samples.Judge(row, Samples.Of(row, (ours, 100), (ours, 100), (ours, 100))));

        var change = Assert.Single(Change.Between(Of(before), Of(now)));

        Assert.Equal((true, isWorse), (change.IsRatio, change.IsWorse));
        Assert.Equal(SuiteRow.Parse(row).Better == Better.Higher ? now > before : now < before, change.Gain > 1);
    }

    [Fact]
    public void Within_the_spread_of_either_run_nothing_is_worse()
    {
        var before = Samples.Report(Samples.Judge("get-64", Samples.Of("get-64", (1000, 100), (800, 100), (1200, 100))));
        var now = Samples.Report(Samples.Judge("get-64", Samples.Of("get-64", (750, 100), (750, 100), (750, 100))));

        Assert.False(Assert.Single(Change.Between(before, now)).IsWorse);
    }

    [Fact]
    public void Charts_are_pictures_with_every_row_and_no_room_for_markup()
    {
        Judgement[] judgements = [Samples.Judge("put-64", Samples.Of("put-64", _half)), Samples.Judge("memory", Samples.Of("memory", _half))];

        var ratios = XElement.Parse(SuiteCharts.Ratios(judgements).ToString());
        var throughput = XElement.Parse(SuiteCharts.Throughput(judgements).ToString());

        Assert.Equal("svg", ratios.Name.LocalName);
        Assert.Contains(ratios.Descendants(), element => element.Value == "0.50, missed");
        Assert.Contains(ratios.Descendants(), element => element.Value == "2.00, reached");
        Assert.Contains(throughput.Descendants(), element => element.Value == "50.0 requests/s");
        Assert.DoesNotContain(throughput.Descendants(), element => element.Value.Contains("memory", StringComparison.Ordinal));
        Assert.Equal("a < b & c", XElement.Parse(Svg.Label(0, 0, "a < b & c", "start").ToString()).Value);
    }

    [Fact]
    public void The_median_is_the_middle()
    {
        Assert.Equal(1, Statistics.Median([1]));
        Assert.Equal(2, Statistics.Median([3, 1, 2]));
        Assert.Equal(2.5, Statistics.Median([4, 1, 2, 3]));
    }

    private static string Page(params Judgement[] judgements) => SuiteMarkdown.Of(Samples.Report(judgements), judgements, changes: null);
}
