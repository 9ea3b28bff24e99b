using System.Net;
using System.Net.Sockets;
using RaftCluster.Node.Supervision;
using RaftCluster.Tests.EndToEnd.Cluster;
using ExitCode = RaftCluster.Node.ExitCode;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>What a node tells systemd, and whoever asks for its health.</summary>
public sealed class SupervisionTests : ClusterTests
{
    private protected override int Count => 1;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_ready_when_it_serves_gives_signs_of_life_and_says_that_it_stops()
    {
        var one = Cluster.Nodes[0];
        await one.StopAsync();
        using var manager = new ServiceManager(Cluster.Folder);
        one.Start(manager.Environment(watchdog: TimeSpan.FromSeconds(1)));

        await manager.HearsAsync("READY=1");
        // No second try: who is told that the node serves may send a request at once.
        using var http = new HttpClient { BaseAddress = one.Settings.Http };
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/livez", Cancellation)).StatusCode);
        await one.ReadyAsync();
        await manager.HearsAsync("WATCHDOG=1");
        Assert.Contains($"{one.Id} serves {one.Settings.Url}, leads", await manager.HearsAsync("STATUS="), StringComparison.Ordinal);

        Assert.Equal(ExitCode.Ok, await one.StopAsync());
        await manager.HearsAsync("STOPPING=1");
        Assert.Equal("STATUS=opens its data", manager.Heard[0]);
        Assert.Single(manager.Heard, "READY=1");
    }

    [Fact]
    public async Task A_node_that_waits_to_join_is_not_ready_until_it_has()
    {
        var ports = FreePorts.Find(2);
        var settings = TestCluster.NewSettings("n2", Path.Combine(Cluster.Folder, "n2"), []);
        using var manager = new ServiceManager(Cluster.Folder);
        await using var two = new NodeProcess(settings with { Join = new Uri($"http://127.0.0.1:{ports[0]}") });
        two.Start(manager.Environment());
        await Eventually.HoldsAsync(
            "it can't join", TestCluster.StartBound, () => Task.FromResult(two.Log.Tail(50).Contains("could not join yet", StringComparison.Ordinal)), () => two.Log.Tail(50));

        Assert.Equal(ExitCode.Ok, await two.StopAsync());
        Assert.Contains("joins through", await manager.HearsAsync("STATUS="), StringComparison.Ordinal);
        two.Start(manager.Environment());
        await manager.HearsAsync("STATUS=");
        Assert.DoesNotContain("READY=1", manager.Heard);
        Assert.Equal(ExitCode.Ok, await two.StopAsync());

        await using var joins = new NodeProcess(settings with { Join = Cluster.Nodes[0].Settings.Http });
        joins.Start(manager.Environment());
        await manager.HearsAsync("READY=1");
        Assert.Equal(ExitCode.Ok, await joins.StopAsync());
    }

    [Fact]
    public async Task Nobody_who_listens_is_no_reason_to_end()
    {
        var one = Cluster.Nodes[0];
        await one.StopAsync();
        one.Start(new Dictionary<string, string> { ["NOTIFY_SOCKET"] = Path.Combine(Cluster.Folder, "nobody") });

        await one.ReadyAsync();
        Assert.Contains("the service manager could not be told", one.Log.Tail(int.MaxValue), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_may_listen_elsewhere_than_others_are_told_and_its_health_is_asked_there()
    {
        var one = Cluster.Nodes[0];
        await one.StopAsync();
        var settings = one.Settings with { Options = [.. one.Settings.Options, "--listen", "127.0.0.2"] };
        await using var elsewhere = new NodeProcess(settings);
        Assert.Equal(1, (await HealthAsync(settings)).Code);
        elsewhere.Start();

        var there = new UriBuilder(settings.Http) { Host = "127.0.0.2" }.Uri;
        using var http = new HttpClient { BaseAddress = there };
        await Eventually.HoldsAsync("it serves there", TestCluster.StartBound, async () =>
        {
            try
            {
                return (await http.GetAsync("/readyz", Cancellation)).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
        Assert.Contains($"\"{settings.Url}\"", await http.GetStringAsync("/v1/cluster", Cancellation), StringComparison.Ordinal);
        using var client = new TcpClient();
        await Assert.ThrowsAsync<SocketException>(() => client.ConnectAsync(IPAddress.Loopback, settings.Http.Port, Cancellation).AsTask());
        Assert.Equal((0, "ok"), await HealthAsync(settings));
        Assert.Equal((0, "ok"), await HealthAsync(settings, "--ready"));
        Assert.Equal(2, (await HealthAsync(settings, "--redy")).Code);
        Assert.Equal(ExitCode.Ok, await elsewhere.StopAsync());
    }

    private static async Task<(int Code, string Said)> HealthAsync(NodeSettings settings, params string[] words)
    {
        using var said = new StringWriter();
        var code = await HealthCommand.RunAsync([.. words, .. settings.Arguments], new Dictionary<string, string>(), said, said);
        return (code, said.ToString().TrimEnd());
    }
}
