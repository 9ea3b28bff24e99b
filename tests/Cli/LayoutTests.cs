using System.Net;
using System.Net.Sockets;
using RaftCluster.Cli.Up;

namespace RaftCluster.Tests.Cli;

public sealed class LayoutTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("raft-layout-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_new_folder_gets_as_many_nodes_as_were_asked_for_and_keeps_them()
    {
        var first = ClusterLayout.Open(new LayoutWish(_folder, Nodes: 5, HttpPort: 18_001, PeerPort: 17_001));
        first.Save();
        var again = ClusterLayout.Open(new LayoutWish(_folder, null, null, null));

        Assert.Equal(5, first.Nodes.Length);
        Assert.Equal(
            "n1=http://127.0.0.1:18001/127.0.0.1:17001,n2=http://127.0.0.1:18002/127.0.0.1:17002",
            string.Join(',', first.Members.Split(',').Take(2)));
        Assert.Equal(first.Members, again.Members);
        Assert.Equal(first.Cluster, again.Cluster);
        Assert.Equal(Path.Combine(_folder, "n5"), again.Nodes[4].Data);
    }

    [Fact]
    public void Two_folders_hold_two_clusters()
    {
        var first = ClusterLayout.Open(new LayoutWish(Path.Combine(_folder, "a"), 1, null, null));
        var second = ClusterLayout.Open(new LayoutWish(Path.Combine(_folder, "b"), 1, null, null));

        Assert.NotEqual(first.Cluster, second.Cluster);
    }

    [Theory]
    [InlineData(4, null, null, "holds a cluster of 3 nodes, not 4")]
    [InlineData(null, 9_001, null, "HTTP from port 8001")]
    [InlineData(null, null, 9_001, "peers from port 7001")]
    public void Another_layout_than_the_folders_is_refused(int? nodes, int? http, int? peer, string said)
    {
        ClusterLayout.Open(new LayoutWish(_folder, null, null, null)).Save();

        var refused = Assert.Throws<UpRefusedException>(() => ClusterLayout.Open(new LayoutWish(_folder, nodes, http, peer)));
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_of_something_else_is_refused_and_left_alone()
    {
        File.WriteAllText(Path.Combine(_folder, "thesis.tex"), "");

        _ = Assert.Throws<UpRefusedException>(() => ClusterLayout.Open(new LayoutWish(_folder, null, null, null)));
        Assert.Equal(["thesis.tex"], Directory.EnumerateFileSystemEntries(_folder).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"format":2,"cluster":"c","nodes":[{"id":"n1","http":"http://127.0.0.1:1","peer":"127.0.0.1:2"}]}""")]
    [InlineData("""{"format":1,"cluster":"c","nodes":[{"id":"n1","http":"?","peer":"127.0.0.1:2"}]}""")]
    public void A_layout_that_can_not_be_read_is_refused(string content)
    {
        File.WriteAllText(Path.Combine(_folder, "raftctl.json"), content);

        var refused = Assert.Throws<UpRefusedException>(() => ClusterLayout.Open(new LayoutWish(_folder, null, null, null)));
        Assert.Contains("raftctl.json", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_is_up_once()
    {
        using (FolderLock.Take(_folder))
        {
            var refused = Assert.Throws<UpRefusedException>(() => FolderLock.Take(_folder));
            Assert.Contains("in use by another", refused.Message, StringComparison.Ordinal);
        }

        FolderLock.Take(_folder).Dispose();
    }

    [Fact]
    public void A_taken_port_is_named_with_the_node_that_needs_it()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var layout = new ClusterLayout(
            _folder, "c", [new NodePlace("n1", new Uri($"http://127.0.0.1:{port}"), "127.0.0.1:1", _folder)]);

        var refused = Assert.Throws<UpRefusedException>(() => Ports.MustBeFree(layout));
        Assert.Contains($"port {port}, which n1 needs", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_that_keeps_dying_is_started_ever_later_up_to_a_bound()
    {
        Assert.Equal(TimeSpan.FromMilliseconds(200), NodeKeeper.PauseBefore(0));
        Assert.Equal(TimeSpan.FromMilliseconds(200), NodeKeeper.PauseBefore(1));
        Assert.Equal(TimeSpan.FromMilliseconds(800), NodeKeeper.PauseBefore(3));
        Assert.Equal(TimeSpan.FromSeconds(10), NodeKeeper.PauseBefore(1_000));
    }
}
