using RaftCluster.Chaos;
using RaftCluster.Chaos.Faults;
using RaftCluster.Chaos.Runs;
using RaftCluster.Chaos.Workloads;

namespace RaftCluster.Tests.Chaos.Runs;

public sealed class ScheduleTests
{
    private static readonly TimeSpan _time = TimeSpan.FromMinutes(10);

    [Fact]
    public void A_seed_decides_everything()
    {
        Assert.Equal(Of(7), Of(7));
        Assert.NotEqual(Of(7), Of(8));
    }

    [Fact]
    public void Every_fault_comes_once_before_any_comes_again()
    {
        var plan = Of(1);

        Assert.True(plan.Count > FaultList.All.Count);
        Assert.Equal(FaultList.All.Count, plan.Take(FaultList.All.Count).Select(planned => planned.Fault).Distinct().Count());
    }

    [Fact]
    public void Some_overlap_and_all_are_over_in_time()
    {
        var plan = Of(1);

        Assert.Contains(plan.Zip(plan.Skip(1)), pair => pair.Second.At < pair.First.At + pair.First.Hold);
        Assert.Contains(plan.Zip(plan.Skip(1)), pair => pair.Second.At > pair.First.At + pair.First.Hold);
        Assert.All(plan, planned => Assert.True(planned.At + planned.Hold <= _time));
    }

    [Fact]
    public void Cycles_end_everything_about_half_of_the_time()
    {
        var plan = Schedule.Of(FaultList.All, TimeSpan.FromMinutes(30), new Random(1), cycles: true);
        var ends = plan.Where(planned => planned.Fault.Name is "kill-all" or "power-all").ToList();

        Assert.InRange(ends.Count / (double)plan.Count, 0.35, 0.65);
        Assert.All(ends, planned => Assert.True(planned.Waits, "it meets all nodes, so it begins when nothing else is in force"));
        Assert.True(plan.Select(planned => planned.Fault).Distinct().Count() > 20);
    }

    [Fact]
    public void Without_faults_nothing_is_planned() => Assert.Empty(Schedule.Of([], _time, new Random(1)));

    [Theory]
    [InlineData("all", 36, null)]
    [InlineData("none", 0, null)]
    [InlineData("kill-all, pause-leader,kill-all", 2, null)]
    [InlineData("kill-all,weather", 1, "weather")]
    public void Faults_are_chosen_by_name(string names, int count, string? wrong)
    {
        Assert.Equal(count, FaultList.Parse(names, out var unknown).Count);
        Assert.Equal(wrong, unknown);
    }

    [Fact]
    public void Faults_have_different_names() =>
        Assert.Equal(FaultList.All.Count, FaultList.All.Select(fault => fault.Name).Distinct().Count());

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("2m", 120)]
    [InlineData("1.5h", 5400)]
    public void A_time_is_a_number_and_a_unit(string text, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), RunCommand.Time(text));

    [Theory]
    [InlineData("90")]
    [InlineData("9s")]
    [InlineData("25h")]
    [InlineData("-5m")]
    [InlineData("soon")]
    public void What_is_no_time_is_refused(string text) => Assert.Null(RunCommand.Time(text));

    [Fact]
    public void A_row_is_left_for_a_new_one_after_so_many_operations_or_unknown_outcomes()
    {
        var keys = new Generation("register/a", 10);
        for (var at = 0; at < 10; at++)
        {
            Assert.Equal("register/a/1", keys.Key);
            keys.Count("register/a/1", isUnknown: false);
        }

        for (var at = 0; at < 6; at++)
        {
            Assert.Equal("register/a/2", keys.Key);
            keys.Count("register/a/1", isUnknown: true);
            keys.Count("register/a/2", isUnknown: true);
        }

        Assert.Equal("register/a/3", keys.Key);
    }

    private static IReadOnlyList<PlannedFault> Of(int seed) => Schedule.Of(FaultList.All, _time, new Random(seed));
}

public sealed class ScenarioTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Steps_are_planned_in_the_order_of_time()
    {
        var plan = Read("""{"nodes":5,"steps":[{"at":9,"fault":"kill-all"},{"at":2.5,"fault":"isolate-leader","for":4}]}""").Plan();

        Assert.Equal(["isolate-leader", "kill-all"], plan.Select(planned => planned.Fault.Name));
        Assert.Equal((TimeSpan.FromSeconds(2.5), TimeSpan.FromSeconds(4)), (plan[0].At, plan[0].Hold));
        Assert.Equal(TimeSpan.FromSeconds(3), plan[1].Hold);
    }

    [Theory]
    [InlineData("""{"steps":[]}""")]
    [InlineData("""{"steps":[{"at":1,"fault":"weather"}]}""")]
    [InlineData("""{"steps":[{"at":1,"fault":"kill-all"}],"colour":"red"}""")]
    [InlineData("[]")]
    [InlineData("nothing")]
    public void What_is_no_scenario_is_refused(string text) => Assert.Throws<HarnessException>(() => Read(text).Plan());

    private Scenario Read(string text)
    {
        File.WriteAllText(_file, text);
        return Scenario.Read(_file);
    }
}
