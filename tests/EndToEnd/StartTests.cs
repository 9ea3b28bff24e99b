using System.Net;
using System.Net.Sockets;
using RaftCluster.Tests.EndToEnd.Cluster;
using ExitCode = RaftCluster.Node.ExitCode;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>When a node won't start, it says why in one line, and its exit code says it to scripts.</summary>
public sealed class StartTests : ClusterTests
{
    private protected override int Count => 1;

    [Fact]
    public async Task A_data_folder_of_another_node_is_refused()
    {
        var one = Cluster.Nodes[0];
        await one.StopAsync();

        await RefusesAsync(Alone("n2", FreePorts.Find(2)) with { Data = one.Settings.Data }, ExitCode.DataFolder);
    }

    [Fact]
    public async Task A_data_folder_of_another_cluster_is_refused()
    {
        var one = Cluster.Nodes[0];
        await one.StopAsync();

        await RefusesAsync(one.Settings with { Options = [.. one.Settings.Options, "--cluster-id", "0123456789abcdef"] }, ExitCode.DataFolder);
    }

    [Fact]
    public Task A_data_folder_in_use_is_refused() => RefusesAsync(Cluster.Nodes[0].Settings, ExitCode.DataFolder);

    [Fact]
    public async Task A_data_folder_that_is_a_file_is_refused()
    {
        var file = Path.Combine(Cluster.Folder, "file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);

        await RefusesAsync(Alone("x1", FreePorts.Find(2)) with { Data = file }, ExitCode.DataFolder);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_port_that_is_taken_is_refused(int taken)
    {
        var ports = FreePorts.Find(2);
        using var other = new TcpListener(IPAddress.Loopback, ports[taken]);
        other.Start();

        await RefusesAsync(Alone("x1", ports), ExitCode.Address);
    }

    [Fact]
    public Task An_option_that_does_not_exist_is_refused() =>
        RefusesAsync(Alone("x1", FreePorts.Find(2)) with { Options = ["--no-such-option", "1"] }, ExitCode.Usage);

    [Fact]
    public Task An_address_beyond_this_machine_is_refused()
    {
        var settings = Alone("x1", FreePorts.Find(2));

        return RefusesAsync(settings with { Http = new Uri($"http://0.0.0.0:{settings.Http.Port}") }, ExitCode.Usage);
    }

    private NodeSettings Alone(string id, int[] ports)
    {
        var (http, peer) = (new Uri($"http://127.0.0.1:{ports[0]}"), $"127.0.0.1:{ports[1]}");
        return new NodeSettings(id, Path.Combine(Cluster.Folder, id), http, peer, $"{id}={http.GetLeftPart(UriPartial.Authority)}/{peer}", []);
    }

    /// <summary>It ends with the code and one line that a person can act on.</summary>
    private static async Task RefusesAsync(NodeSettings settings, int code)
    {
        await using var node = new NodeProcess(settings);
        node.Start();

        Assert.Equal(code, await node.EndAsync());
        Assert.Single(node.Log.Errors);
        Assert.DoesNotContain("   at ", node.Log.Tail(int.MaxValue), StringComparison.Ordinal);
    }
}
