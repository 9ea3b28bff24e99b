using RaftCluster.Tests.EndToEnd.Cluster;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>Any node takes any request.</summary>
public sealed class ForwardingTests : ClusterTests
{
    [Fact]
    public async Task Followers_forward_writes_and_read_them_back_at_once()
    {
        foreach (var node in Cluster.Nodes)
        {
            for (var i = 0; i < 50; i++)
            {
                var key = $"{node.Id}/{i}";
                var written = await node.Client.PutAsync(key, $"value {i}");
                Assert.True(written.Status == 201, written.ToString());
                foreach (var reader in Cluster.Nodes)
                {
                    // Linearizable, and with the token: either way the write just acknowledged must show, on every node.
                    Assert.Equal($"value {i}", (await reader.Client.GetAsync(key)).Text);
                    var own = await reader.Client.GetAsync(
                        key, ("Raft-Consistency", "session"), ("Raft-Session", written.Session), ("Raft-Fallback", "fail"));
                    Assert.Equal($"value {i}", own.Text);
                }
            }
        }
    }

    [Fact]
    public async Task A_long_value_passes_through_a_follower_unchanged()
    {
        var leader = await Cluster.LeaderAsync();
        var value = string.Create(1 << 20, 7, static (text, seed) =>
        {
            var random = new Random(seed);
            for (var i = 0; i < text.Length; i++)
            {
                text[i] = (char)random.Next(' ', '~');
            }
        });

        var written = await Cluster.Others(leader).First().Client.PutAsync("long", value);

        Assert.True(written.Status == 201, written.ToString());
        foreach (var node in Cluster.Nodes)
        {
            Assert.Equal(value, (await node.Client.GetAsync("long")).Text);
        }
    }

    [Fact]
    public async Task A_follower_told_not_to_forward_names_the_leader()
    {
        var leader = await Cluster.LeaderAsync();
        var follower = Cluster.Others(leader).First();

        var answer = await follower.Client.PutAsync("here", "1", ("Raft-Forward", "never"));

        Assert.True(answer.Status == 307, answer.ToString());
        Assert.Equal(new Uri(leader.Settings.Http, "/v1/kv/here"), new Uri(answer.Headers["Location"]));
        Assert.Equal(404, (await leader.Client.GetAsync("here")).Status);
        Assert.Equal(201, (await leader.Client.PutAsync("here", "1", ("Raft-Forward", "never"))).Status);
    }

    [Fact]
    public async Task A_precondition_holds_through_a_follower()
    {
        var leader = await Cluster.LeaderAsync();
        var follower = Cluster.Others(leader).First();
        var first = await follower.Client.PutAsync("row", "1", ("If-None-Match", "*"));
        Assert.Equal(201, first.Status);

        var again = await follower.Client.PutAsync("row", "2", ("If-None-Match", "*"));
        Assert.True(again is { Status: 412, Outcome: "not-applied" }, again.ToString());
        var tag = $"\"{first.Json.GetProperty("revision").GetInt64()}\"";
        Assert.Equal(tag, again.Headers["ETag"]);
        Assert.Equal(200, (await follower.Client.PutAsync("row", "3", ("If-Match", tag))).Status);
        Assert.Equal(412, (await follower.Client.PutAsync("row", "4", ("If-Match", tag))).Status);
        Assert.Equal("3", (await follower.Client.GetAsync("row")).Text);
    }
}
