using System.Net;
using RaftCluster.Node;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus;
using RaftCluster.Tests.StateMachine;

namespace RaftCluster.Tests.Node.Configuration;

public sealed class DataFolderTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    private string Data => Path.Combine(_temporary.Path, "made", "deep");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void It_is_made_and_opens_again_for_its_own_node()
    {
        Assert.Null(DataFolder.Open(Data, out var made));
        Assert.True(made!.IsNew);
        Assert.Null(made.Claim(Identity(), StatedOptions.All));
        Assert.Equal(Identity().Node, made.Identity.Node);
        Assert.Null(made.CheckWritable());
        made.Dispose();

        Assert.Null(DataFolder.Open(Data, out var again));
        Assert.False(again!.IsNew);
        Assert.Null(again.Claim(Identity(), StatedOptions.All));
        again.Dispose();
    }

    [Fact]
    public void The_identity_is_written_as_ever()
    {
        Open(Identity());

        Assert.Equal(
            """
            {
              "format": 1,
              "cluster": "c",
              "clusterId": "000000000000004d",
              "epoch": 1,
              "node": "n1",
              "http": "http://127.0.0.1:1",
              "peer": "127.0.0.1:2",
              "members": [
                "n1=http://127.0.0.1:1/127.0.0.1:2"
              ]
            }
            """,
            File.ReadAllText(Path.Combine(Data, "identity.json")));
        Assert.Equal(["identity.json", "lock"], Directory.GetFiles(Data).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_second_process_is_refused_and_told_who_holds_it()
    {
        Assert.Null(DataFolder.Open(Data, out var held));
        using (held)
        {
            Assert.Null(held!.Claim(Identity(), StatedOptions.All));
            AssertRefused($"is in use by process {Environment.ProcessId}", Identity());
        }
    }

    public static TheoryData<string, string> Conflicts => new()
    {
        { "cluster", "belongs to cluster 'c', not to 'd'" },
        { "node", "belongs to node 'n1', not to 'n2'" },
        { "id", "belongs to cluster 000000000000004d, not to 000000000000004e" },
    };

    [Theory]
    [MemberData(nameof(Conflicts))]
    public void A_folder_of_another_is_refused_by_name_and_stays_as_it_was(string what, string refusal)
    {
        Open(Identity());
        var before = File.ReadAllText(Path.Combine(Data, "identity.json"));

        AssertRefused(refusal, what switch
        {
            "cluster" => Identity() with { Cluster = "d" },
            "node" => Identity() with { Node = "n2" },
            _ => Identity() with { ClusterId = "000000000000004e" },
        });
        Assert.Equal(before, File.ReadAllText(Path.Combine(Data, "identity.json")));
    }

    [Fact]
    public void What_was_not_stated_is_as_the_folder_has_it_and_addresses_may_change()
    {
        Open(Identity());
        Assert.Null(DataFolder.Open(Data, out var folder));
        using (folder)
        {
            var other = Identity() with { Cluster = "d", ClusterId = "000000000000004e", Http = "http://127.0.0.1:9", Peer = "127.0.0.1:9", Members = ["x"] };
            Assert.Null(folder!.Claim(other, new StatedOptions(Cluster: false, ClusterId: false, Http: true, Peer: true)));
            Assert.Equal(Identity().Cluster, folder.Identity.Cluster);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{\"format\":1")]
    [InlineData("null")]
    public void A_damaged_identity_is_refused(string json)
    {
        Open(Identity());
        File.WriteAllText(Path.Combine(Data, "identity.json"), json);

        AssertRefused("has a damaged identity.json", Identity());
    }

    [Fact]
    public void A_newer_format_is_refused()
    {
        Open(Identity() with { Format = 2 });

        AssertRefused("is of format 2; this version reads 1", Identity());
    }

    [Fact]
    public void A_log_without_an_identity_is_refused()
    {
        Directory.CreateDirectory(Path.Combine(Data, "log"));

        AssertRefused("holds a log but no identity.json: whose it is can't be told", Identity());
    }

    [Fact]
    public void A_folder_that_can_not_be_made_is_refused_in_one_line()
    {
        var file = Path.Combine(_temporary.Path, "file");
        File.WriteAllText(file, "");

        var fault = DataFolder.Open(Path.Combine(file, "below"), out var folder);

        Assert.Null(folder);
        Assert.Equal(ExitCode.DataFolder, fault!.Code);
        Assert.DoesNotContain('\n', fault.Message);
        Assert.Contains("can't be used", fault.Message, StringComparison.Ordinal);
    }

    private void Open(NodeIdentity identity)
    {
        Assert.Null(DataFolder.Open(Data, out var folder));
        Assert.Null(folder!.Claim(identity, StatedOptions.All));
        folder.Dispose();
    }

    private void AssertRefused(string why, NodeIdentity identity)
    {
        var fault = DataFolder.Open(Data, out var folder);
        using (folder)
        {
            fault ??= folder!.Claim(identity, StatedOptions.All);
        }

        Assert.Equal(new StartFault(ExitCode.DataFolder, $"data folder {Data} {why}"), fault);
    }

    private static NodeIdentity Identity()
    {
        var member = new Member("n1", new Uri("http://127.0.0.1:1"), IPEndPoint.Parse("127.0.0.1:2"));
        return NodeIdentity.Of(new NodeOptions
        {
            Node = "n1",
            Data = "",
            Http = member.Url,
            Peer = member.Peer,
            Members = [member],
            Cluster = "c",
            ClusterId = 77,
        });
    }
}
