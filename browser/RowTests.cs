using System.Text.Json;

namespace RaftCluster.Browser;

/// <summary>Rows: found, changed when they are still what was shown, and followed.</summary>
public sealed class RowTests
{
    [Fact]
    public async Task A_row_that_is_created_and_deleted_here_is_seen_in_the_feed_of_another_node()
    {
        await using var stage = await Stage.OpenAsync();
        await stage.ShowAsync(stage.Leader, "changes");
        await Assertions.Expect(stage.Page.Locator("#feed-status")).ToContainTextAsync($"Following {stage.Leader.Id}");
        var other = await stage.Page.Context.NewPageAsync();
        await other.GotoAsync($"{stage.Follower.Url}/ui#/new/kv");
        await other.GetByLabel("Key").FillAsync("folder/a b%/ü");
        await other.GetByLabel("Value").FillAsync("first");
        await other.GetByRole(AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        await Assertions.Expect(other.Locator("h1")).ToHaveTextAsync("folder/a b%/ü");
        await Assertions.Expect(other.Locator("#value")).ToHaveValueAsync("first");

        var newest = stage.Page.Locator(".events > li").First;
        await Assertions.Expect(newest).ToContainTextAsync("insert kv / folder/a b%/ü");
        await Assertions.Expect(newest.Locator(".after code")).ToHaveTextAsync("first");

        await other.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await Assertions.Expect(other.GetByRole(AriaRole.Dialog)).ToContainTextAsync("if it is still what is shown here (revision 1)");
        await other.GetByRole(AriaRole.Button, new() { Name = "Delete the row" }).ClickAsync();
        await Assertions.Expect(other.Locator("#outcome")).ToContainTextAsync("Deleted in revision 2.");
        await Assertions.Expect(newest).ToContainTextAsync("delete kv / folder/a b%/ü");
        await Assertions.Expect(newest.Locator(".before code")).ToHaveTextAsync("first");
        stage.NothingIsWrong();
    }

    [Fact]
    public async Task A_feed_that_was_paused_goes_on_where_it_stood_and_shows_only_what_is_wanted()
    {
        await using var stage = await Stage.OpenAsync(nodes: 1);
        await stage.PutAsync("a/1", "before");
        await stage.ShowAsync(stage.Leader, "changes?from=0&prefix=a/");
        var events = stage.Page.Locator(".events > li");
        await Assertions.Expect(events).ToHaveCountAsync(1);
        await Assertions.Expect(events.First).ToContainTextAsync("snapshot kv / a/1");
        await stage.PutAsync("a/2", "while it follows");
        await stage.PutAsync("b/1", "not wanted");
        await Assertions.Expect(events).ToHaveCountAsync(2);

        await stage.Page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await Assertions.Expect(stage.Page.Locator("#feed-status")).ToContainTextAsync("Paused; goes on at revision");
        await stage.PutAsync("a/3", "while it is paused");
        await stage.PutAsync("a/3", "and again");
        await stage.Page.GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();

        await Assertions.Expect(events).ToHaveCountAsync(4);
        await Assertions.Expect(events.First.Locator(".before code")).ToHaveTextAsync("while it is paused");
        await Assertions.Expect(events.First.Locator(".after code")).ToHaveTextAsync("and again");
        stage.NothingIsWrong();
    }

    [Fact]
    public async Task A_cursor_below_what_is_kept_is_refused_with_the_way_on()
    {
        await using var stage = await Stage.OpenAsync(nodes: 1);
        for (var write = 0; write < 5; write++)
        {
            await stage.PutAsync("a", $"{write}");
        }

        await stage.SendAsync(HttpMethod.Post, "/v1/compact", """{"revision":4}""");
        await stage.ShowAsync(stage.Leader, "changes?from=2");
        await Assertions.Expect(stage.Page.Locator(".notice.bad")).ToContainTextAsync("revision 2 was compacted; the oldest that can be followed is");
        await stage.Page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Begin at revision") }).ClickAsync();
        await Assertions.Expect(stage.Page.Locator(".events > li").First.Locator(".after code")).ToHaveTextAsync("4");
        stage.NothingIsWrong();
    }

    [Fact]
    public async Task A_row_that_somebody_changed_meanwhile_is_not_overwritten_unless_that_is_said()
    {
        await using var stage = await Stage.OpenAsync();
        await stage.PutAsync("greeting", "hello");
        await stage.ShowAsync(stage.Follower, "row/kv/greeting");
        await Assertions.Expect(stage.Page.Locator("#value")).ToHaveValueAsync("hello");
        await Assertions.Expect(stage.Page.GetByRole(AriaRole.Button, new() { Name = "Save" })).ToBeDisabledAsync();
        await stage.Page.Locator("#value").FillAsync("mine");
        await stage.PutAsync("greeting", "theirs");

        await stage.Page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();

        await Assertions.Expect(stage.Page.Locator(".notice.bad")).ToContainTextAsync(
            "Changed meanwhile. Somebody wrote revision 2; what you see is based on revision 1. Nothing of yours was saved.");
        await Assertions.Expect(stage.Page.Locator(".theirs")).ToHaveTextAsync("theirs");
        Assert.Equal("theirs", await stage.GetAsync("greeting"));
        await Assertions.Expect(stage.Page.Locator("#value")).ToHaveValueAsync("mine");

        await stage.Page.GetByRole(AriaRole.Button, new() { Name = "Write mine over it" }).ClickAsync();
        await Assertions.Expect(stage.Page.Locator(".notice.good")).ToContainTextAsync("Saved as revision 3, version 3.");
        Assert.Equal("mine", await stage.GetAsync("greeting"));
        stage.NothingIsWrong();
    }

    [Fact]
    public async Task A_write_whose_fate_is_unknown_is_said_to_be_so_and_done_once_however_often_it_is_asked_for()
    {
        await using var stage = await Stage.OpenAsync();
        await stage.PutAsync("visits", "1");
        var keys = new List<string>();
        await stage.Page.RouteAsync("**/v1/kv/visits", async route =>
        {
            if (route.Request.Method != "PUT")
            {
                await route.ContinueAsync();
                return;
            }

            keys.Add(route.Request.Headers["idempotency-key"]);
            if (keys.Count > 1)
            {
                await route.ContinueAsync();
                return;
            }

            // The write is done, and its answer is lost.
            await route.FetchAsync();
            await route.AbortAsync();
        });
        await stage.ShowAsync(stage.Follower, "row/kv/visits");
        await Assertions.Expect(stage.Page.Locator("#value")).ToHaveValueAsync("1");
        await stage.Page.Locator("#value").FillAsync("2");
        await stage.Page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();

        await Assertions.Expect(stage.Page.Locator(".notice.warn")).ToContainTextAsync("Nobody knows whether it was done.");
        await stage.Page.GetByRole(AriaRole.Button, new() { Name = "Ask again" }).ClickAsync();

        await Assertions.Expect(stage.Page.Locator(".notice.good")).ToContainTextAsync("Saved as revision 2, version 2.");
        Assert.Equal(2, keys.Count);
        Assert.Single(keys.Distinct());
        stage.NothingIsWrong();
    }

    [Fact]
    public async Task Rows_of_a_table_keep_the_digits_of_their_numbers_and_the_table_says_what_it_does_not_take()
    {
        const string row = """{"name":"Ada","id":12345678901234567890.10}""";
        await using var stage = await Stage.OpenAsync(nodes: 1);
        await stage.SendAsync(HttpMethod.Put, "/v1/tables/users", """{"columns":[{"name":"name","type":"string"},{"name":"id","type":"number"}]}""");
        await stage.PutAsync("ada", row, "users");
        await stage.ShowAsync(stage.Leader, "rows/users");
        await Assertions.Expect(stage.Page.Locator("table.rows")).ToContainTextAsync("12345678901234567890.10");

        await stage.Page.GetByRole(AriaRole.Link, new() { Name = "ada" }).ClickAsync();
        await Assertions.Expect(stage.Page.Locator("#value")).ToHaveValueAsync("{\n  \"name\": \"Ada\",\n  \"id\": 12345678901234567890.10\n}");
        await stage.Page.Locator("#value").FillAsync("""{"name":7}""");
        await stage.Page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(stage.Page.Locator(".notice.bad")).ToContainTextAsync("Nothing was changed.");
        await stage.Page.Locator("#value").FillAsync(row.Replace("Ada", "Grace", StringComparison.Ordinal));
        await stage.Page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(stage.Page.Locator(".notice.good")).ToContainTextAsync("version 2");
        await Assertions.Expect(stage.Page.Locator("#value")).ToHaveValueAsync("{\n  \"name\": \"Grace\",\n  \"id\": 12345678901234567890.10\n}");
        stage.NothingIsWrong();
    }

    [Fact]
    public async Task Pages_of_a_prefix_are_of_one_revision_and_go_back_and_forth()
    {
        await using var stage = await Stage.OpenAsync(nodes: 1);
        var many = JsonSerializer.Serialize(new { then = Enumerable.Range(0, 120).Select(at => new { op = "put", key = $"p/{at:d3}", value = $"{at}" }) });
        await stage.SendAsync(HttpMethod.Post, "/v1/txn", many);
        await stage.PutAsync("other", "x");
        await stage.ShowAsync(stage.Leader, "rows/kv");
        await stage.Page.GetByLabel("Keys that begin with").FillAsync("p/");
        await stage.Page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        var caption = stage.Page.Locator("caption");
        await Assertions.Expect(caption).ToHaveTextAsync("Page 1, 50 rows, as of revision 2");
        await stage.PutAsync("p/zzz", "later");

        await stage.Page.GetByRole(AriaRole.Button, new() { Name = "Next page" }).ClickAsync();
        await Assertions.Expect(caption).ToHaveTextAsync("Page 2, 50 rows, as of revision 2");
        await stage.Page.GetByRole(AriaRole.Button, new() { Name = "Next page" }).ClickAsync();
        await Assertions.Expect(caption).ToHaveTextAsync("Page 3, 20 rows, as of revision 2");
        await Assertions.Expect(stage.Page.GetByRole(AriaRole.Button, new() { Name = "Next page" })).ToBeDisabledAsync();
        await stage.Page.GetByRole(AriaRole.Button, new() { Name = "Previous page" }).ClickAsync();
        await Assertions.Expect(stage.Page.GetByRole(AriaRole.Link, new() { Name = "p/050" })).ToBeVisibleAsync();
        stage.NothingIsWrong();
    }
}
