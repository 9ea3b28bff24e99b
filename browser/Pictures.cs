using RaftCluster.Tests.Architecture;

namespace RaftCluster.Browser;

/// <summary>Pictures of the real console, for the README and for whoever changes how it looks. Made only when asked for:
/// <c>dotnet run -c Release --project browser -- -explicit only</c>, with <c>-method</c> for some of them; those for the eye go to the folder that
/// <c>PICTURES</c> names.</summary>
public sealed class Pictures
{
    private static readonly string _folder = Environment.GetEnvironmentVariable("PICTURES") ?? Path.Combine(AppContext.BaseDirectory, "pictures");

    [Fact(Explicit = true)]
    public async Task For_the_readme()
    {
        await using var stage = await Stage.OpenAsync(options: new() { ViewportSize = new() { Width = 1280, Height = 900 }, ColorScheme = ColorScheme.Light });
        await FillAsync(stage);
        await using (new Traffic(stage.Nodes))
        {
            await stage.ShowAsync(stage.Follower);
            await Assertions.Expect(stage.Page.Locator(".node.leader")).ToBeVisibleAsync();
            // The lines of a minute.
            await Task.Delay(TimeSpan.FromSeconds(62), Stage.Cancellation);
            await stage.Page.ScreenshotAsync(new() { Path = Path.Combine(Repository.Root, "docs/images/console.png"), FullPage = true });
        }
    }

    [Theory(Explicit = true)]
    [InlineData("desktop", 1280, 900, ColorScheme.Light)]
    [InlineData("desktop", 1280, 900, ColorScheme.Dark)]
    [InlineData("phone", 390, 844, ColorScheme.Light)]
    [InlineData("phone", 390, 844, ColorScheme.Dark)]
    public async Task Of_every_view(string device, int width, int height, ColorScheme scheme)
    {
        await using var stage = await Stage.OpenAsync(options: new() { ViewportSize = new() { Width = width, Height = height }, ColorScheme = scheme });
        var name = $"{device}-{scheme.ToString().ToLowerInvariant()}";
        await FillAsync(stage);
        await using (new Traffic(stage.Nodes))
        {
            await stage.ShowAsync(stage.Follower);
            await Assertions.Expect(stage.Page.Locator(".node.leader")).ToBeVisibleAsync();
            await Task.Delay(TimeSpan.FromSeconds(device == "desktop" ? 40 : 15), Stage.Cancellation);
            await TakeAsync(stage, $"{name}-overview");
            await stage.Page.GotoAsync($"{stage.Follower.Url}/ui#/changes");
            await Assertions.Expect(stage.Page.Locator(".events > li").Nth(5)).ToBeVisibleAsync();
            await TakeAsync(stage, $"{name}-changes");
        }

        foreach (var (view, ready) in new[]
        {
            ("rows/kv", "table.rows"), ("rows/users", "table.rows"), ("row/users/ada", ".facts dd"), ("row/kv/greeting", ".facts dd"),
            ("new/kv", "textarea"), ("members", ".acts button"), ("backups", "tbody td"),
        })
        {
            await stage.Page.GotoAsync($"{stage.Follower.Url}/ui#/{view}");
            await Assertions.Expect(stage.Page.Locator(ready).First).ToBeVisibleAsync();
            await TakeAsync(stage, $"{name}-{view.Replace('/', '-')}");
        }

        await stage.Page.GotoAsync($"{stage.Follower.Url}/ui#/members");
        await stage.Page.Locator(".acts button").First.ClickAsync();
        await TakeAsync(stage, $"{name}-question");
        await stage.Page.Keyboard.PressAsync("Escape");
        await stage.Page.GotoAsync($"{stage.Follower.Url}/ui#/row/kv/greeting");
        await stage.Page.Locator("#value").FillAsync("mine");
        await stage.PutAsync("greeting", "theirs");
        await stage.Page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(stage.Page.Locator(".theirs")).ToContainTextAsync("theirs");
        await TakeAsync(stage, $"{name}-conflict");
        await stage.Page.GetByRole(AriaRole.Button, new() { Name = "Take theirs" }).ClickAsync();
        await Assertions.Expect(stage.Page.Locator("#value")).ToHaveValueAsync("theirs");
        foreach (var node in stage.Nodes.Where(node => node != stage.Follower))
        {
            await Stage.KillAsync(node);
            await stage.Page.GotoAsync($"{stage.Follower.Url}/ui#/overview");
            await Assertions.Expect(stage.Page.Locator(".node.unreachable")).ToHaveCountAsync(node == stage.Nodes.First(each => each != stage.Follower) ? 1 : 2);
            await Assertions.Expect(stage.Page.Locator(".alarm").First).ToBeVisibleAsync();
            await TakeAsync(stage, $"{name}-without-{node.Id}");
        }

        await stage.Page.GotoAsync($"{stage.Follower.Url}/ui#/rows/kv");
        await Assertions.Expect(stage.Page.Locator("table.rows")).ToBeVisibleAsync();
        await TakeAsync(stage, $"{name}-stale");
    }

    private static async Task FillAsync(Stage stage)
    {
        await stage.PutAsync("greeting", "hello");
        await stage.PutAsync("config/web", "{\"port\":80}");
        await stage.PutAsync("config/mail", "{\"port\":25,\"from\":\"nobody@example.org\"}");
        await stage.SendAsync(
            HttpMethod.Put, "/v1/tables/users", """{"columns":[{"name":"name","type":"string"},{"name":"logins","type":"number","default":0},{"name":"since","type":"string","default":"now"}]}""");
        await stage.PutAsync("ada", """{"name":"Ada","logins":7}""", "users");
        await stage.PutAsync("grace", """{"name":"Grace","logins":12.50}""", "users");
    }

    private static async Task TakeAsync(Stage stage, string name)
    {
        Directory.CreateDirectory(_folder);
        await stage.Page.ScreenshotAsync(new() { Path = Path.Combine(_folder, $"{name}.png"), FullPage = true });
    }
}
