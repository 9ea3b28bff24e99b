using System.Text.Json;
using RaftCluster.Chaos.Cluster;

namespace RaftCluster.Tests.Chaos.Cluster;

public sealed class NodeViewTests
{
    [Theory]
    [InlineData("n1", 0.25)]
    [InlineData("n2", null)]
    [InlineData("n4", null)]
    public void A_node_says_how_much_of_a_snapshot_it_has_and_one_that_is_no_member_any_more_says_nothing(string node, double? expected)
    {
        using var answer = JsonDocument.Parse(
            """{"members":[{"id":"n1","snapshot":{"bytes":25,"totalBytes":100}},{"id":"n2"}]}""");

        Assert.Equal(expected, NodeView.ReceivedBy(node, answer.RootElement));
    }
}
