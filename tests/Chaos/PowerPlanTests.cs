using RaftCluster.Chaos.Scenarios;

namespace RaftCluster.Tests.Chaos;

public sealed class PowerPlanTests
{
    [Theory]
    [InlineData(3, 2)]
    [InlineData(5, 3)]
    public void After_all_lost_their_power_a_majority_comes_back_first_and_it_is_not_always_the_same(int nodes, int majority)
    {
        var plans = Enumerable.Range(1, 50).Select(seed => PowerPlan.Of(Options(Victims.All, nodes), 1, new Random(seed))).ToList();

        Assert.All(plans, plan =>
        {
            Assert.Equal((nodes, majority), (plan.Victims.Count, plan.First.Count));
            Assert.Equal(plan.Victims, plan.First.Concat(plan.Later).Order());
            Assert.InRange(plan.After, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        });
        Assert.All(Enumerable.Range(0, nodes), node => Assert.Contains(plans, plan => plan.Later.Contains(node)));
    }

    [Fact]
    public void Every_node_is_the_one_victim_in_some_run()
    {
        var plans = Enumerable.Range(1, 50).Select(seed => PowerPlan.Of(Options(Victims.One, 3), 1, new Random(seed))).ToList();

        Assert.All(plans, plan => Assert.Equal(Assert.Single(plan.Victims), Assert.Single(plan.First)));
        Assert.Equal([0, 1, 2], plans.Select(plan => plan.Victims[0]).Distinct().Order());
    }

    [Fact]
    public void The_same_seed_makes_the_same_plan()
    {
        var (one, same) = (PowerPlan.Of(Options(Victims.All, 3), 2, new Random(7)), PowerPlan.Of(Options(Victims.All, 3), 2, new Random(7)));

        Assert.Equal((one.After, one.First, one.Later), (same.After, same.First, same.Later), (a, b) =>
            a.After == b.After && a.First.SequenceEqual(b.First) && a.Later.SequenceEqual(b.Later));
        Assert.Equal((one.Snapshot, one.OfReceiver), (same.Snapshot, same.OfReceiver));
    }

    [Fact]
    public void In_every_second_run_a_node_is_sent_a_snapshot_and_the_power_goes_at_any_part_of_it()
    {
        var plans = Enumerable.Range(1, 50).Select(run => PowerPlan.Of(Options(Victims.One, 3), run, new Random(run))).ToList();

        Assert.All(plans.Index(), plan => Assert.Equal(plan.Index % 2 == 1, plan.Item.Snapshot is not null));
        var parts = plans.Where(plan => plan.Snapshot is not null).Select(plan => plan.Snapshot!.Value).ToList();
        Assert.Contains(parts, part => part < 0.5);
        Assert.Contains(parts, part => part is > 0.5 and < 1);
        Assert.Contains(1, parts);
        Assert.Equal([false, true], plans.Where(plan => plan.Snapshot is not null).Select(plan => plan.OfReceiver).Distinct().Order());
    }

    private static PowerOptions Options(Victims victims, int nodes) => new()
    {
        Runs = 1,
        Seed = 1,
        First = 1,
        Nodes = nodes,
        Victims = victims,
        Writing = TimeSpan.FromSeconds(2),
        Writers = 6,
        NoSync = false,
        Folder = "",
        NodeDll = null,
    };
}
