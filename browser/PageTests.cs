using Deque.AxeCore.Playwright;

namespace RaftCluster.Browser;

/// <summary>The page as such: for the keyboard, in the dark, on a phone, and against what users write.</summary>
public sealed class PageTests
{
    private const string Hostile = "<img src=x onerror=\"window.hurt=1\"><script>window.hurt=2</script>\"'&amp;</textarea>";

    private static readonly string[] _views = ["overview", "rows/kv", "rows/users", "row/users/ada", "row/kv/long", "new/kv", "changes?from=0", "members", "backups"];

    [Fact]
    public async Task Everything_can_be_reached_and_done_with_the_keyboard_and_the_focus_is_seen()
    {
        await using var stage = await Stage.OpenAsync();
        await stage.ShowAsync(stage.Follower);
        await Assertions.Expect(stage.Page.Locator(".node.leader")).ToBeVisibleAsync();

        await stage.Page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(stage.Page.Locator("#skip")).ToBeFocusedAsync();
        await stage.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(stage.Page.Locator("h1")).ToBeFocusedAsync();

        await stage.Page.GotoAsync($"{stage.Follower.Url}/ui#/members");
        await Assertions.Expect(stage.Page.Locator(".acts button").First).ToBeVisibleAsync();
        await Assertions.Expect(stage.Page.Locator("h1")).ToBeFocusedAsync();
        var wanted = $"Hand over to it: {stage.Follower.Id}";
        await TabToAsync(stage, wanted);
        var outline = await stage.Page.EvaluateAsync<string>("() => getComputedStyle(document.activeElement).outlineStyle");
        Assert.Equal("solid", outline);

        // The node's list is brought up to date every second; the focus stays where it is.
        await stage.Page.WaitForResponseAsync(answer => answer.Url.Contains("/v1/members", StringComparison.Ordinal));
        Assert.Equal(wanted, await FocusAsync(stage));
        await stage.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(stage.Page.GetByRole(AriaRole.Button, new() { Name = "Cancel" })).ToBeFocusedAsync();
        await stage.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(stage.Page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        Assert.Equal(wanted, await FocusAsync(stage));
        await stage.Page.Keyboard.PressAsync("Enter");
        await stage.Page.Keyboard.PressAsync("Tab");
        await stage.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(stage.Page.Locator(".notice.good")).ToContainTextAsync($"{stage.Follower.Id} leads now");
        stage.NothingIsWrong();
    }

    [Fact]
    public async Task It_is_dark_or_light_as_the_system_says_or_as_the_switch_does_and_remembers_that()
    {
        await using var stage = await Stage.OpenAsync(nodes: 1, new() { ColorScheme = ColorScheme.Dark });
        await stage.ShowAsync(stage.Leader);
        var dark = await PaperAsync(stage);
        await stage.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        var light = await PaperAsync(stage);
        Assert.NotEqual(dark, light);

        var theme = stage.Page.Locator("#theme");
        await theme.ClickAsync();
        await Assertions.Expect(theme).ToHaveTextAsync("Theme: light");
        await theme.ClickAsync();
        await Assertions.Expect(theme).ToHaveTextAsync("Theme: dark");
        Assert.Equal(dark, await PaperAsync(stage));
        await stage.Page.ReloadAsync();
        await Assertions.Expect(theme).ToHaveTextAsync("Theme: dark");
        Assert.Equal(dark, await PaperAsync(stage));
        stage.NothingIsWrong();
    }

    [Fact]
    public async Task On_a_phone_nothing_is_wider_than_the_screen()
    {
        await using var stage = await Stage.OpenAsync(options: new() { ViewportSize = new() { Width = 390, Height = 844 } });
        await FillAsync(stage);
        foreach (var view in _views)
        {
            await ReadyAsync(stage, view);
            var (width, widest) = (
                await stage.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"),
                await stage.Page.EvaluateAsync<string>("""() => [...document.querySelectorAll('main *')].filter(e => !e.closest('.scroll table') && !e.closest('svg') && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80)).join('\n')"""));
            Assert.True(width == 390 && widest.Length == 0, $"{view} is {width} px wide: {widest}");
        }

        stage.NothingIsWrong();
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task No_view_has_a_fault_that_axe_finds(ColorScheme scheme)
    {
        await using var stage = await Stage.OpenAsync(options: new() { ColorScheme = scheme, BypassCSP = true });
        await FillAsync(stage);
        foreach (var view in _views)
        {
            await ReadyAsync(stage, view);
            var found = await stage.Page.RunAxe();
            Assert.True(found.Violations.Length == 0, $"{view}: " + string.Join("\n", found.Violations.Select(
                fault => $"{fault.Id}: {fault.Help}: {string.Join(" | ", fault.Nodes.Select(node => node.Html + " " + string.Join(";", node.Any.Select(check => check.Message))))}")));
        }
    }

    [Fact]
    public async Task What_users_write_is_text_wherever_it_is_shown()
    {
        await using var stage = await Stage.OpenAsync();
        await stage.PutAsync(Hostile, Hostile);
        await stage.SendAsync(HttpMethod.Put, "/v1/tables/users", """{"columns":[{"name":"name","type":"string"}]}""");
        await stage.PutAsync(Hostile, System.Text.Json.JsonSerializer.Serialize(new { name = Hostile }), "users");
        foreach (var (view, place) in new[]
        {
            ("rows/kv", "table.rows a"), ("rows/users", "table.rows a"), ("changes?from=0", ".events a"),
            ($"row/kv/{Uri.EscapeDataString(Hostile)}", "h1"), ($"rows/kv?prefix={Uri.EscapeDataString(Hostile + "x")}", ".empty"),
        })
        {
            await stage.ShowAsync(stage.Follower, view);
            await Assertions.Expect(stage.Page.Locator(place).Filter(new() { HasText = Hostile }).First).ToBeVisibleAsync();
            Assert.Equal(0, await stage.Page.Locator("main img, main script").CountAsync());
            Assert.Null(await stage.Page.EvaluateAsync<int?>("() => window.hurt ?? null"));
        }

        await stage.ShowAsync(stage.Follower, $"row/kv/{Uri.EscapeDataString(Hostile)}");
        await Assertions.Expect(stage.Page.Locator("#value")).ToHaveValueAsync(Hostile);
        await stage.Page.Locator("#value").FillAsync("mine");
        await stage.PutAsync(Hostile, Hostile + "2");
        await stage.Page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(stage.Page.Locator(".theirs")).ToHaveTextAsync(Hostile + "2");
        await stage.Page.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await Assertions.Expect(stage.Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync($"Delete {Hostile}?");
        Assert.Null(await stage.Page.EvaluateAsync<int?>("() => window.hurt ?? null"));
        stage.NothingIsWrong();
    }

    [Fact]
    public async Task The_browser_lets_no_text_become_markup_and_no_script_from_elsewhere_run()
    {
        await using var stage = await Stage.OpenAsync(nodes: 1);
        stage.Expected.AddRange(["Trusted", "Content Security Policy"]);
        await stage.ShowAsync(stage.Leader);
        await Assertions.Expect(stage.Page.Locator("h1")).ToHaveTextAsync("Overview");
        Assert.Equal("TypeError", await stage.Page.EvaluateAsync<string>(
            "() => { try { document.body.innerHTML = '<b>x</b>'; return 'done'; } catch (failed) { return failed.name; } }"));
        Assert.Equal("refused", await stage.Page.EvaluateAsync<string>(
            "() => fetch('http://127.0.0.1:1/').then(() => 'done', () => 'refused')"));
        stage.NothingIsWrong();
    }

    [Fact]
    public async Task What_was_changed_and_not_saved_is_not_lost_without_a_question()
    {
        await using var stage = await Stage.OpenAsync(nodes: 1);
        await stage.PutAsync("a", "b");
        await stage.ShowAsync(stage.Leader, "row/kv/a");
        await Assertions.Expect(stage.Page.Locator("#value")).ToHaveValueAsync("b");
        await stage.Page.Locator("#value").FillAsync("c");
        await stage.Page.GetByRole(AriaRole.Link, new() { Name = "Members" }).ClickAsync();
        await stage.Page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Assertions.Expect(stage.Page.Locator("#value")).ToHaveValueAsync("c");
        await stage.Page.GetByRole(AriaRole.Link, new() { Name = "Members" }).ClickAsync();
        await stage.Page.GetByRole(AriaRole.Button, new() { Name = "Leave" }).ClickAsync();
        await Assertions.Expect(stage.Page.Locator("h1")).ToHaveTextAsync("Members");
        stage.NothingIsWrong();
    }

    private static async Task FillAsync(Stage stage)
    {
        await stage.PutAsync("greeting", "hello");
        await stage.PutAsync("long", new string('x', 5_000));
        await stage.PutAsync(new string('k', 900), new string('y', 500));
        await stage.SendAsync(HttpMethod.Put, "/v1/tables/users", """{"columns":[{"name":"name","type":"string"}]}""");
        await stage.PutAsync("ada", """{"name":"Ada"}""", "users");
    }

    private static async Task ReadyAsync(Stage stage, string view)
    {
        await stage.ShowAsync(stage.Follower, view);
        await Assertions.Expect(stage.Page.Locator("#where")).ToHaveTextAsync($"{stage.Follower.Id}, follower");
        var ready = view.Split('/', '?')[0] switch
        {
            "overview" => ".node.leader",
            "rows" => "table.rows",
            "row" => ".facts dd",
            "changes" => ".events > li",
            "members" => ".acts button",
            "backups" => "tbody td",
            _ => "textarea",
        };
        await Assertions.Expect(stage.Page.Locator(ready).First).ToBeVisibleAsync();
    }

    private static async Task TabToAsync(Stage stage, string name)
    {
        for (var step = 0; step < 40 && await FocusAsync(stage) != name; step++)
        {
            await stage.Page.Keyboard.PressAsync("Tab");
        }

        Assert.Equal(name, await FocusAsync(stage));
    }

    private static Task<string?> FocusAsync(Stage stage) => stage.Page.EvaluateAsync<string?>("() => document.activeElement.getAttribute('aria-label')");

    private static Task<string> PaperAsync(Stage stage) => stage.Page.EvaluateAsync<string>("() => getComputedStyle(document.body).backgroundColor");
}
