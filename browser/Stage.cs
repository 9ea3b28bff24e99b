using System.Diagnostics;
using System.Net.NetworkInformation;
using System.Text.Json;
using RaftCluster.Tests.Architecture;

namespace RaftCluster.Browser;

/// <summary>A node of the cluster on stage.</summary>
internal sealed record StagedNode(string Id, string Url, int Pid);

/// <summary>
/// A cluster of real nodes, kept by <c>raftctl up</c>, and a page of its console in a real Chromium. The page may say nothing
/// on its console of scripts: no error, no refusal by the content policy.
/// </summary>
internal sealed class Stage : IAsyncDisposable
{
    /// <summary>Not a measure of anything: what has not happened by then never will.</summary>
    private static readonly TimeSpan _hang = TimeSpan.FromMinutes(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("raft-browser-").FullName;
    private readonly HttpClient _http = new();
    private readonly List<string> _complaints = [];
    private Process _up = null!;
    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;

    private Stage()
    {
    }

    public IReadOnlyList<StagedNode> Nodes { get; private set; } = [];

    public IPage Page { get; private set; } = null!;

    /// <summary>Who led when the cluster had come up.</summary>
    public StagedNode Leader { get; private set; } = null!;

    /// <summary>A node that did not.</summary>
    public StagedNode Follower => Nodes.First(node => node != Leader);

    /// <summary>Complaints that a test means to cause, by a part of their text.</summary>
    public List<string> Expected { get; } = [];

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts the cluster and a browser with one empty page.</summary>
    public static async Task<Stage> OpenAsync(int nodes = 3, BrowserNewContextOptions? options = null, string logLevel = "info")
    {
        var stage = new Stage();
        try
        {
            await stage.StartAsync(nodes, logLevel);
            await stage.BrowseAsync(options ?? new() { ViewportSize = new() { Width = 1280, Height = 900 } });
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <summary>A browser with one empty page, and no cluster of its own.</summary>
    public static async Task<Stage> BrowserAsync(BrowserNewContextOptions options)
    {
        var stage = new Stage();
        await stage.BrowseAsync(options);
        return stage;
    }

    /// <summary>Opens a view of a node's console.</summary>
    public async Task ShowAsync(StagedNode node, string view = "overview")
    {
        await Page.GotoAsync("about:blank");
        await Page.GotoAsync($"{node.Url}/ui#/{view}");
    }

    /// <summary>Writes a row with nothing but HTTP.</summary>
    public async Task<long> PutAsync(string key, string value, string table = "kv", StagedNode? node = null)
    {
        var path = table == "kv" ? $"/v1/kv/{Uri.EscapeDataString(key)}" : $"/v1/tables/{table}/rows/{Uri.EscapeDataString(key)}";
        using var answer = await _http.PutAsync($"{(node ?? Leader).Url}{path}", new StringContent(value, null, table == "kv" ? "text/plain" : "application/json"), Cancellation);
        answer.EnsureSuccessStatusCode();
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation)).RootElement.GetProperty("revision").GetInt64();
    }

    /// <summary>Puts JSON somewhere, or sends it.</summary>
    public async Task SendAsync(HttpMethod method, string path, string json)
    {
        using var request = new HttpRequestMessage(method, Leader.Url + path) { Content = new StringContent(json, null, "application/json") };
        using var answer = await _http.SendAsync(request, Cancellation);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>A row's value.</summary>
    public Task<string> GetAsync(string key) => _http.GetStringAsync($"{Leader.Url}/v1/kv/{Uri.EscapeDataString(key)}", Cancellation);

    /// <summary>Ends a node's process at once.</summary>
    public static async Task KillAsync(StagedNode node)
    {
        using var process = Process.GetProcessById(node.Pid);
        process.Kill();
        await process.WaitForExitAsync(Cancellation);
    }

    /// <summary>What raftctl says.</summary>
    public static async Task<(int Code, string Output)> RaftctlAsync(params string[] args)
    {
        using var process = Process.Start(Raftctl(args))!;
        var output = await process.StandardOutput.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        return (process.ExitCode, output);
    }

    /// <summary>Nothing was complained about by the page, but for what was expected.</summary>
    public void NothingIsWrong() =>
        Assert.DoesNotContain(_complaints, complaint => !Expected.Exists(part => complaint.Contains(part, StringComparison.Ordinal)));

    public async ValueTask DisposeAsync()
    {
        _complaints.ForEach(complaint => TestContext.Current.TestOutputHelper?.WriteLine(complaint));
        if (_browser is not null)
        {
            await _browser.CloseAsync();
        }

        _playwright?.Dispose();
        _http.Dispose();
        if (_up is not null)
        {
            // Nothing of them is wanted any more: no hand-over, no last write.
            _up.Kill();
            await _up.WaitForExitAsync(CancellationToken.None);
            foreach (var node in Nodes)
            {
                await EndAsync(node.Pid);
            }

            _up.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartAsync(int nodes, string logLevel)
    {
        var ports = FreePorts(2 * nodes);
        _up = Process.Start(Raftctl(
            ["up", "--json", "--no-restart", "--nodes", $"{nodes}", "--data", _folder, "--http-port", $"{ports}", "--peer-port", $"{ports + nodes}", "--log-level", logLevel]))!;
        var line = await _up.StandardOutput.ReadLineAsync(Cancellation).AsTask().WaitAsync(_hang, Cancellation);
        var ready = JsonDocument.Parse(line ?? throw new InvalidOperationException("raftctl up ended")).RootElement;
        Nodes = [.. ready.GetProperty("nodes").EnumerateArray().Select(node => new StagedNode(
            node.GetProperty("id").GetString()!, node.GetProperty("http").GetString()!, node.GetProperty("pid").GetInt32()))];
        Leader = Nodes.Single(node => node.Id == ready.GetProperty("leader").GetString());
    }

    private async Task BrowseAsync(BrowserNewContextOptions options)
    {
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Chromium.Path,
            // Chromium's own sandbox is not to be had as root; the page is ours, and comes from this machine.
            Args = Environment.UserName == "root" ? ["--no-sandbox"] : [],
        });
        var context = await _browser.NewContextAsync(options);
        context.SetDefaultTimeout(20_000);
        Assertions.SetDefaultExpectTimeout(20_000);
        Page = await context.NewPageAsync();
        Page.Console += (_, message) =>
        {
            // The browser itself notes each answer of 400 or more, and each connection that breaks; the page deals with them.
            if (message.Type is "error" or "warning" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
            {
                _complaints.Add($"{message.Type}: {message.Text}");
            }
        };
        Page.PageError += (_, error) => _complaints.Add(error);
    }

    private static ProcessStartInfo Raftctl(IEnumerable<string> args) => Program("src/Cli", "raftctl", args);

    /// <summary>A program of this working copy.</summary>
    public static ProcessStartInfo Program(string project, string name, IEnumerable<string> args) =>
        new("dotnet", [Path.Combine(Repository.Root, project, "bin", Configuration, "net10.0", $"{name}.dll"), .. args]) { RedirectStandardOutput = true };

    /// <summary>The configuration that this program was built in: the last but one folder of where it stands.</summary>
    private static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    private static int FreePorts(int count)
    {
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(listener => listener.Port).ToHashSet();
        while (true)
        {
            var first = Random.Shared.Next(20_000, 32_000);
            if (!Enumerable.Range(first, count).Any(taken.Contains))
            {
                return first;
            }
        }
    }

    private static async Task EndAsync(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None).WaitAsync(_hang);
        }
        catch (ArgumentException)
        {
            // It is gone.
        }
    }
}
