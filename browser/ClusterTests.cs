using System.Text.RegularExpressions;

namespace RaftCluster.Browser;

/// <summary>What an operator sees of the cluster, with a leader and without.</summary>
public sealed partial class ClusterTests
{
    [Fact]
    public async Task The_cluster_is_drawn_with_its_leader_terms_entries_and_lags_and_its_figures_move()
    {
        await using var stage = await Stage.OpenAsync();
        await stage.ShowAsync(stage.Follower);

        await Assertions.Expect(stage.Page.Locator(".node")).ToHaveCountAsync(3);
        await Assertions.Expect(stage.Page.Locator(".node.leader .name")).ToHaveTextAsync(stage.Leader.Id);
        await Assertions.Expect(stage.Page.Locator(".node.self .name")).ToHaveTextAsync(stage.Follower.Id);
        await Assertions.Expect(stage.Page.Locator(".node.leader")).ToContainTextAsync("term 1");
        await Assertions.Expect(stage.Page.Locator(".link text").First).ToHaveTextAsync(LagText());
        await Assertions.Expect(stage.Page.Locator(".lead")).ToHaveTextAsync($"{stage.Leader.Id} leads in term 1. 3 of 3 voters work. 1 more can fail.");
        await Assertions.Expect(stage.Page.Locator(".alarm")).ToHaveCountAsync(0);

        await using (new Traffic(stage.Nodes))
        {
            await Assertions.Expect(Figure(stage, "Writes")).ToHaveTextAsync(RateText());
            await Assertions.Expect(Figure(stage, "Reads")).ToHaveTextAsync(RateText());
            await Assertions.Expect(stage.Page.GetByRole(AriaRole.Img, new() { NameRegex = LatencyText() })).ToBeVisibleAsync();
            await Assertions.Expect(stage.Page.Locator("path.line-0").First).ToHaveAttributeAsync("d", LineText());
        }

        var applied = await stage.PutAsync("last", "one");
        await Assertions.Expect(Figure(stage, "Revision")).ToHaveTextAsync(applied.ToString("N0", System.Globalization.CultureInfo.InvariantCulture));
        stage.NothingIsWrong();
    }

    [Fact]
    public async Task A_dead_node_is_drawn_as_unreachable_and_then_the_quorum_is_at_risk_and_lost_and_rows_are_shown_as_maybe_old()
    {
        await using var stage = await Stage.OpenAsync();
        await stage.PutAsync("greeting", "hello");
        await stage.ShowAsync(stage.Follower);
        await Assertions.Expect(stage.Page.Locator(".node.leader")).ToBeVisibleAsync();
        var others = stage.Nodes.Where(node => node != stage.Follower).ToArray();

        await Stage.KillAsync(others[0]);

        await Assertions.Expect(stage.Page.Locator(".node.unreachable .name")).ToHaveTextAsync(others[0].Id);
        await Assertions.Expect(stage.Page.Locator(".alarm.warning").Filter(new() { HasText = "The quorum is at risk: 2 of 3" })).ToContainTextAsync("raftctl doctor");
        await Assertions.Expect(stage.Page.Locator(".alarm").Filter(new() { HasText = $"{others[0].Id} does not answer" })).ToBeVisibleAsync();
        await Assertions.Expect(stage.Page.Locator(".node.leader")).ToBeVisibleAsync();

        await Stage.KillAsync(others[1]);

        await Assertions.Expect(stage.Page.Locator(".alarm.critical").Filter(new() { HasText = "The quorum is lost: 1 of 3" })).ToBeVisibleAsync();
        await Assertions.Expect(stage.Page.Locator(".alarm.critical").Filter(new() { HasText = "No leader" })).ToBeVisibleAsync();
        await Assertions.Expect(stage.Page.Locator(".node.unreachable")).ToHaveCountAsync(2);
        await Assertions.Expect(stage.Page.Locator("#where")).ToHaveTextAsync(new Regex($"{stage.Follower.Id}, .*no leader"));

        await stage.Page.GetByRole(AriaRole.Link, new() { Name = "Rows", Exact = true }).ClickAsync();
        await Assertions.Expect(stage.Page.Locator(".notice.warn")).ToContainTextAsync($"Maybe old. This is {stage.Follower.Id}’s own copy at revision 1");
        await stage.Page.GetByRole(AriaRole.Link, new() { Name = "greeting" }).ClickAsync();
        await Assertions.Expect(stage.Page.Locator("#value")).ToHaveValueAsync("hello");
        await stage.Page.Locator("#value").FillAsync("new");
        await stage.Page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(stage.Page.Locator("#outcome")).ToContainTextAsync("Nothing was changed.");
        await Assertions.Expect(stage.Page.Locator("#value")).ToHaveValueAsync("new");
        stage.NothingIsWrong();
    }

    [Fact]
    public async Task When_its_own_node_dies_the_page_says_since_when_it_is_old()
    {
        await using var stage = await Stage.OpenAsync();
        await stage.ShowAsync(stage.Follower);
        await Assertions.Expect(stage.Page.Locator(".node.leader")).ToBeVisibleAsync();

        await Stage.KillAsync(stage.Follower);

        await Assertions.Expect(stage.Page.Locator(".alarm.critical")).ToContainTextAsync($"{stage.Follower.Id}, which this page asks, does not answer any more.");
        await Assertions.Expect(stage.Page.Locator("#where")).ToHaveTextAsync(new Regex($"{stage.Follower.Id} is silent; as of ..:..:.., \\d+ s ago"));
        await Assertions.Expect(stage.Page.Locator("body")).ToHaveClassAsync("old");
        await Assertions.Expect(stage.Page.Locator(".node.leader")).ToBeVisibleAsync();
        stage.NothingIsWrong();
    }

    [Theory]
    [InlineData("low", true, "Full disk: n1 has 95.4 MiB left")]
    [InlineData("stateHash", "00000000000000000000000000000000", "Damage: n1 and n2 hold different rows")]
    [InlineData("rebuilding", "rows.sst is damaged", "Damage: n2 lost what it had on its disk")]
    [InlineData("lag", 20_000, "n2 is behind: it lacks 20,000 entries")]
    [InlineData("drained", true, "n2 is drained")]
    [InlineData("lastContactMs", 9_000, "n2 answers here, but has been silent to the leader, n1")]
    public async Task Each_alarm_says_what_is_so_what_to_do_and_the_command(string member, object value, string said)
    {
        await using var stage = await Stage.OpenAsync(nodes: 1);
        await stage.Page.RouteAsync("**/v1/cluster/nodes", route => route.FulfillAsync(new() { ContentType = "application/json", Body = Surveys.Of(member, value) }));
        await stage.ShowAsync(stage.Leader);

        var alarm = stage.Page.Locator(".alarm").Filter(new() { HasText = said });
        await Assertions.Expect(alarm.Locator("strong")).ToContainTextAsync(said);
        await Assertions.Expect(alarm.Locator("span").First).ToHaveTextAsync(SentenceText());
        await Assertions.Expect(alarm.Locator("code")).ToHaveTextAsync(CommandText());
        await Assertions.Expect(stage.Page.Locator(".alarm")).ToHaveCountAsync(1);
        stage.NothingIsWrong();
    }

    private static ILocator Figure(Stage stage, string name) => stage.Page.Locator($".tiles > div[data-key='{name}'] dd");

    [GeneratedRegex(@"^lag \d+ entr(y|ies)$")]
    private static partial Regex LagText();

    [GeneratedRegex(@"^[1-9][\d,.]* /s$")]
    private static partial Regex RateText();

    [GeneratedRegex(@"^Latency: writes, 99 % [\d.]+ m?s, writes, median [\d.]+ m?s, reads, 99 % [\d.]+ m?s, log sync, 99 % [\d.]+ m?s$")]
    private static partial Regex LatencyText();

    [GeneratedRegex(@"^M[\d. ]+(L[\d. ]+)+$")]
    private static partial Regex LineText();

    [GeneratedRegex(@"^ \S.*\. $")]
    private static partial Regex SentenceText();

    [GeneratedRegex(@"^raftctl \w+")]
    private static partial Regex CommandText();
}
