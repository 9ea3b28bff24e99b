using RaftCluster.Bench.Suite;

namespace RaftCluster.Tests.Bench;

public sealed class JudgementTests
{
    private static readonly (double, double)[] _threeTimes = [(300, 100), (310, 100), (290, 100)];
    private static readonly (double, double)[] _twice = [(200, 100), (210, 100), (190, 100)];
    private static readonly (double, double)[] _aboutTheTarget = [(240, 100), (260, 100), (255, 100)];

    // put-64 wants 2.5 times.
    [Fact]
    public void On_a_quiet_machine_the_median_decides()
    {
        Assert.Equal(Verdict.Reached, Samples.Judge("put-64", Samples.Of("put-64", _threeTimes)).Verdict);
        Assert.Equal(Verdict.Reached, Samples.Judge("put-64", Samples.Of("put-64", _aboutTheTarget)).Verdict);
        Assert.Equal(Verdict.Missed, Samples.Judge("put-64", Samples.Of("put-64", _twice)).Verdict);
    }

    [Fact]
    public void On_a_noisy_machine_only_repeats_that_agree_decide()
    {
        Assert.Equal(Verdict.Reached, Samples.Judge("put-64", Samples.Of("put-64", _threeTimes), "noise").Verdict);
        Assert.Equal(Verdict.TooNoisy, Samples.Judge("put-64", Samples.Of("put-64", _aboutTheTarget), "noise").Verdict);
        Assert.Equal(Verdict.Missed, Samples.Judge("put-64", Samples.Of("put-64", _twice), "noise").Verdict);
    }

    [Fact]
    public void Two_repeats_agree_by_chance() => Assert.Equal(
        Verdict.TooNoisy, Samples.Judge("put-64", Samples.Of("put-64", _threeTimes[..2]), "noise").Verdict);

    [Fact]
    public void Repeats_that_lie_far_apart_are_noise_without_a_complaint()
    {
        var judgement = Samples.Judge("put-64", Samples.Of("put-64", (240, 100), (400, 100), (300, 100)));

        Assert.Equal((true, Verdict.TooNoisy), (judgement.IsNoisy, judgement.Verdict));
    }

    [Fact]
    public void Elections_take_their_time_by_chance_and_a_spread_of_gaps_is_no_noise()
    {
        var judgement = Samples.Judge("gap-kill", Samples.Of("gap-kill", (100, 1000), (300, 2000), (200, 1200)));

        Assert.Equal((false, Verdict.Reached), (judgement.IsNoisy, judgement.Verdict));
    }

    [Fact]
    public void A_rate_is_worth_nothing_with_a_worse_p99()
    {
        var samples = Samples.Of("put-64", _threeTimes).Select(sample => sample.Product == Sample.Ours ? sample with { P99 = 5 } : sample).ToList();

        var judgement = Samples.Judge("put-64", samples);

        Assert.Equal(Verdict.Missed, judgement.Verdict);
        Assert.Equal("p99", Assert.Single(judgement.Conditions, condition => !condition.Holds).What);
    }

    [Fact]
    public void With_one_client_the_p50_must_be_lower_not_equal()
    {
        var equal = Samples.Of("put-1", _threeTimes).Select(sample => sample with { P50 = 2 }).ToList();

        Assert.Equal(Verdict.Missed, Samples.Judge("put-1", equal).Verdict);
        Assert.Equal(Verdict.Reached, Samples.Judge("put-1", Samples.Of("put-1", _threeTimes)).Verdict);
    }

    [Fact]
    public void The_worst_gap_is_held_to_the_same_share_as_the_median()
    {
        var judgement = Samples.Judge("gap-kill", Samples.Of("gap-kill", (100, 1000), (100, 1000), (900, 1000)));

        Assert.Equal(Verdict.Missed, judgement.Verdict);
        Assert.Equal("worst", Assert.Single(judgement.Conditions, condition => !condition.Holds).What);
    }

    [Fact]
    public void A_start_is_compared_with_the_best_that_etcd_did()
    {
        // Its median is beaten, its best is not.
        Assert.Equal(Verdict.Missed, Samples.Judge("start-1", Samples.Of("start-1", (1.0, 1.2), (1.0, 1.1), (1.0, 0.95))).Verdict);
        Assert.Equal(Verdict.Reached, Samples.Judge("start-1", Samples.Of("start-1", (0.9, 1.2), (0.9, 1.1), (0.9, 0.95))).Verdict);
    }

    [Fact]
    public void Half_is_half_at_most()
    {
        Assert.Equal(Verdict.Reached, Samples.Judge("memory", Samples.Of("memory", (50, 100), (50, 100), (50, 100))).Verdict);
        Assert.Equal(Verdict.Missed, Samples.Judge("memory", Samples.Of("memory", (51, 100), (51, 100), (51, 100))).Verdict);
    }

    [Fact]
    public void Without_etcd_nothing_is_compared()
    {
        var judgement = Samples.Judge("put-64", [.. Samples.Of("put-64", _threeTimes).Where(sample => sample.Product == Sample.Ours)]);

        Assert.Equal((Verdict.NotCompared, (double?)null), (judgement.Verdict, judgement.Ratio));
    }

    [Fact]
    public void The_machine_is_complained_of_when_it_gave_less_than_its_best()
    {
        var best = MachineBest.Of([new MachineProbe("a", 100, 1), new MachineProbe("b", 90, 0.5)]);
        MachineProbe Good(string when) => new(when, 86, 0.9);
        Sample With(double others) => new("put-64", Sample.Ours, 1, 1, OtherProcessors: others);

        Assert.Equal(new MachineBest(100, 0.5), best);
        Assert.Empty(best.Complaints(Good("before"), Good("after"), [With(0.1)]));
        Assert.Contains("before: the processors gave 84%", Assert.Single(best.Complaints(new("before", 84, 0.5), Good("after"), [With(0)])), StringComparison.Ordinal);
        Assert.Contains("after: a sync took 1.10 ms", Assert.Single(best.Complaints(Good("before"), new("after", 100, 1.1), [])), StringComparison.Ordinal);
        Assert.Contains("0.20 processors", Assert.Single(best.Complaints(Good("before"), Good("after"), [With(0.1), With(0.2)])), StringComparison.Ordinal);
    }

    [Fact]
    public void A_probe_measures_the_processors_and_the_disk()
    {
        var folder = Directory.CreateTempSubdirectory("probe").FullName;
        try
        {
            var probe = MachineProbe.Take("now", folder);

            Assert.InRange(probe.Spin, 1e6, 1e13);
            Assert.InRange(probe.SyncMilliseconds, 1e-4, 1e4);
            Assert.Empty(Directory.EnumerateFiles(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
