using System.Net;
using System.Net.Sockets;
using RaftCluster.Chaos.Faults;
using RaftCluster.Chaos.Network;

namespace RaftCluster.Tests.Chaos.Network;

/// <summary>No port of the nodes is open: who reaches one is refused, and who doesn't waits in vain.</summary>
public sealed class NamespaceNetworkTests : IAsyncLifetime
{
    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(2);

    private NamespaceNetwork? _network;

    private NamespaceNetwork Network => _network!;

    public async ValueTask InitializeAsync()
    {
        var whyNot = await NetworkProbe.WhyNotAsync();
        Assert.SkipUnless(whyNot is null, $"no network namespaces here: {whyNot}");
        _network = await NamespaceNetwork.CreateAsync(3);
    }

    public async ValueTask DisposeAsync()
    {
        if (_network is not null)
        {
            await _network.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_way_is_cut_in_one_direction_and_mended()
    {
        var (cut, back, other) = (Network.Ways((from, to) => (from, to) == ("n1", "n2")), Way("n2", "n1"), Way("n1", "n3"));
        Assert.True(await IsReachedAsync("n1", "n2"));

        await Network.AddAsync(cut, new Weather(Cut: true));

        Assert.False(await IsReachedAsync("n1", "n2"));
        Assert.True(await IsReachedAsync("n1", "n3"));
        Assert.True(await IsReachedByClientAsync("n2"));
        Assert.True(await Network.AffectedAsync(cut) > 0);
        Assert.Equal(0, await Network.AffectedAsync([.. back, .. other]));

        await Network.RemoveAsync(cut, new Weather(Cut: true));
        Assert.True(await IsReachedAsync("n1", "n2"));
    }

    [Fact]
    public async Task What_two_have_cut_stays_cut_until_both_mend_it()
    {
        await Network.AddAsync(Way("n1", "n2"), new Weather(Cut: true));
        await Network.AddAsync(Network.Ways((_, _) => true), new Weather(Cut: true));
        await Network.RemoveAsync(Way("n1", "n2"), new Weather(Cut: true));
        Assert.False(await IsReachedAsync("n1", "n2"));

        await Network.RemoveAsync(Network.Ways((_, _) => true), new Weather(Cut: true));
        Assert.True(await IsReachedAsync("n1", "n2"));
    }

    [Fact]
    public async Task A_share_of_packets_is_lost()
    {
        await Network.AddAsync(Way("n1", "n2"), new Weather(Loss: 500));

        var tries = 0;
        while (await Network.AffectedAsync(Way("n1", "n2")) == 0)
        {
            Assert.True(tries++ < 60, "half of all packets are lost, and none of sixty was");
            await IsReachedAsync("n1", "n2");
        }
    }

    [Fact]
    public async Task A_link_that_is_down_keeps_out_clients_too()
    {
        Assert.True(await IsReachedByClientAsync("n2"));

        await Network.PlugAsync("n2", isUp: false);
        Assert.True(Network.IsDown("n2"));
        Assert.False(await IsReachedByClientAsync("n2"));
        Assert.False(await IsReachedAsync("n1", "n2"));
        Assert.True(await IsReachedAsync("n1", "n3"));

        await Network.PlugAsync("n2", isUp: true);
        Assert.False(Network.IsDown("n2"));
        Assert.True(await IsReachedByClientAsync("n2"));
    }

    [Fact]
    public async Task An_end_leaves_nothing_and_what_a_killed_run_left_is_removed()
    {
        var own = Path.GetFileName(Network.LauncherOf("n1")[1]);
        Assert.True(Path.Exists($"/sys/class/net/{own}"));
        await Network.DisposeAsync();
        _network = null;
        Assert.False(Path.Exists($"/sys/class/net/{own}"));
        Assert.False(Path.Exists($"/run/netns/{own}"));

        // No process has so high a number.
        const string left = "rcc9999999x1";
        await Tool.RunAsync("ip", "link", "add", left, "type", "bridge");
        await Tool.RunAsync("ip", "netns", "add", $"{left}n1");
        await Links.RemoveLeftAsync();
        Assert.False(Path.Exists($"/sys/class/net/{left}"));
        Assert.False(Path.Exists($"/run/netns/{left}n1"));
    }

    private IReadOnlyList<Way> Way(string one, string other) => Network.Ways((from, to) => (from, to) == (one, other));

    private async Task<bool> IsReachedAsync(string from, string to)
    {
        var host = Network.Members.Single(member => member.Id == to).Url.Host;
        var launcher = Network.LauncherOf(from);
        var said = await Tool.TryAsync(launcher[0], [.. launcher.Skip(1), "timeout", "2", "bash", "-c", $"< /dev/tcp/{host}/9"]);
        return said?.Contains("refused", StringComparison.Ordinal) == true;
    }

    private async Task<bool> IsReachedByClientAsync(string to)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        bound.CancelAfter(_bound);
        try
        {
            await socket.ConnectAsync(IPAddress.Parse(Network.Members.Single(member => member.Id == to).Url.Host), 9, bound.Token);
            return true;
        }
        catch (SocketException answered)
        {
            return answered.SocketErrorCode == SocketError.ConnectionRefused;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
