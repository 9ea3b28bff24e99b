namespace RaftCluster.Browser;

/// <summary>Members, hand-over, drain and backups: asked about first, and refusals as they are.</summary>
public sealed class MemberTests
{
    [Fact]
    public async Task The_leadership_is_handed_over_after_a_question_that_says_what_will_happen()
    {
        await using var stage = await Stage.OpenAsync();
        await stage.ShowAsync(stage.Follower, "members");
        await stage.Page.GetByRole(AriaRole.Button, new() { Name = $"Hand over to it: {stage.Follower.Id}" }).ClickAsync();
        var question = stage.Page.GetByRole(AriaRole.Dialog);
        await Assertions.Expect(question).ToContainTextAsync($"{stage.Leader.Id} stops taking writes, waits until {stage.Follower.Id} has everything");
        await Assertions.Expect(question).ToContainTextAsync($"raftctl leader transfer {stage.Follower.Id}");

        await question.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Assertions.Expect(stage.Page.Locator("tr.leader th")).ToHaveTextAsync(stage.Leader.Id);
        await stage.Page.GetByRole(AriaRole.Button, new() { Name = $"Hand over to it: {stage.Follower.Id}" }).ClickAsync();
        await question.GetByRole(AriaRole.Button, new() { Name = "Hand over", Exact = true }).ClickAsync();

        await Assertions.Expect(stage.Page.Locator(".notice.good")).ToContainTextAsync($"{stage.Follower.Id} leads now, in term");
        await Assertions.Expect(stage.Page.Locator("tr.leader th")).ToHaveTextAsync(stage.Follower.Id);
        await stage.Page.GetByRole(AriaRole.Link, new() { Name = "Overview" }).ClickAsync();
        await Assertions.Expect(stage.Page.Locator(".node.leader.self .name")).ToHaveTextAsync(stage.Follower.Id);
        stage.NothingIsWrong();
    }

    [Fact]
    public async Task A_node_is_drained_and_undrained_and_an_alarm_reminds_of_it()
    {
        await using var stage = await Stage.OpenAsync();
        await stage.ShowAsync(stage.Follower, "members");
        await DoAsync(stage, $"Drain: {stage.Leader.Id}", "Drain it");
        await Assertions.Expect(stage.Page.Locator(".notice.good")).ToContainTextAsync($"{stage.Leader.Id} is drained.");
        await Assertions.Expect(stage.Page.Locator(".alarm")).ToContainTextAsync($"raftctl node undrain {stage.Leader.Id}");
        await Assertions.Expect(stage.Page.Locator("tr.leader th")).Not.ToHaveTextAsync(stage.Leader.Id);
        await DoAsync(stage, $"End draining: {stage.Leader.Id}", "End draining");
        await Assertions.Expect(stage.Page.Locator(".alarm")).ToHaveCountAsync(0);
        stage.NothingIsWrong();
    }

    [Fact]
    public async Task A_member_is_added_and_removed_and_what_the_leader_refuses_is_shown_as_it_says_it()
    {
        await using var stage = await Stage.OpenAsync();
        await stage.ShowAsync(stage.Follower, "members");
        await stage.Page.GetByLabel("Name").FillAsync("n9");
        await stage.Page.GetByLabel("HTTP address").FillAsync(stage.Leader.Url);
        await stage.Page.GetByLabel("Peer address").FillAsync("127.0.0.1:9");
        await DoAsync(stage, "Add …", "Add the member");
        await Assertions.Expect(stage.Page.Locator(".notice.bad")).ToContainTextAsync("(address-taken, status 409)");
        await Assertions.Expect(stage.Page.Locator(".notice.bad")).ToContainTextAsync("Nothing was changed.");

        await stage.Page.GetByLabel("HTTP address").FillAsync("http://127.0.0.1:9");
        await stage.Page.GetByLabel("Gets a vote").SelectOptionAsync("never");
        await DoAsync(stage, "Add …", "Add the member");
        await Assertions.Expect(stage.Page.Locator(".notice.good")).ToContainTextAsync("n9 is a member now, as a learner.");
        await Assertions.Expect(stage.Page.Locator("tbody tr").Filter(new() { HasText = "n9" })).ToContainTextAsync("learner, promoted never");

        await DoAsync(stage, "Give it a vote: n9", "Promote it");
        await Assertions.Expect(stage.Page.Locator(".notice.bad")).ToContainTextAsync("Nothing was changed.");
        await DoAsync(stage, "Remove: n9", "Remove the member");
        await Assertions.Expect(stage.Page.Locator(".notice.good")).ToContainTextAsync("n9 is removed.");
        await Assertions.Expect(stage.Page.Locator("tbody tr")).ToHaveCountAsync(3);
        stage.NothingIsWrong();
    }

    [Fact]
    public async Task A_backup_that_is_downloaded_verifies_and_a_refusal_is_shown_instead_of_a_broken_file()
    {
        await using var stage = await Stage.OpenAsync();
        var last = await stage.PutAsync("a", "b");
        await stage.ShowAsync(stage.Follower, "backups");
        var download = await stage.Page.RunAndWaitForDownloadAsync(() => stage.Page.GetByRole(AriaRole.Button, new() { Name = "Download" }).ClickAsync());
        var file = Path.Combine(Directory.CreateTempSubdirectory("raft-browser-").FullName, download.SuggestedFilename);
        await download.SaveAsAsync(file);
        var (code, output) = await Stage.RaftctlAsync("backup", "verify", file);
        Assert.True(code == 0 && output.Contains($"{last}", StringComparison.Ordinal), output);
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        await Assertions.Expect(stage.Page.Locator("tbody tr").First).ToContainTextAsync("makes none");

        await stage.Page.GetByLabel("Only what happened since revision").FillAsync("999");
        await stage.Page.GetByRole(AriaRole.Button, new() { Name = "Download" }).ClickAsync();
        await Assertions.Expect(stage.Page.Locator(".notice.bad")).ToContainTextAsync("revision 999 has not happened yet");
        stage.NothingIsWrong();
    }

    private static async Task DoAsync(Stage stage, string button, string yes)
    {
        await stage.Page.GetByRole(AriaRole.Button, new() { Name = button }).ClickAsync();
        await stage.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = yes, Exact = true }).ClickAsync();
    }
}
