namespace RaftCluster.Tests.Node.Http;

public sealed class CompactTests
{
    [Fact]
    public async Task What_is_older_is_gone_and_what_is_current_stays()
    {
        await using var node = await TestNode.LeaderAsync();
        await node.PutAsync("a", "1");
        await node.PutAsync("a", "2");
        await node.PutAsync("b", "3");

        var answer = await node.SendAsync("POST", "/v1/compact", """{"revision":2}""");

        Assert.Equal((200, """{"revision":3,"oldestRevision":2}"""), (answer.Status, answer.Text));
        var old = await node.GetAsync("/v1/kv/a?rev=1");
        Assert.Equal((410, "compacted"), (old.Status, old.Code));
        Assert.Equal("2", (await node.GetAsync("/v1/kv/a?rev=2")).Text);
        Assert.Equal("3", (await node.GetAsync("/v1/kv/b")).Text);
        var feed = await node.GetAsync("/v1/changes?from=1");
        Assert.Equal((410, "compacted"), (feed.Status, feed.Code));
    }

    [Fact]
    public async Task History_that_was_dropped_further_stays_dropped()
    {
        await using var node = await TestNode.LeaderAsync();
        await node.PutAsync("a", "1");
        await node.PutAsync("a", "2");
        await node.SendAsync("POST", "/v1/compact", """{"revision":2}""");

        var answer = await node.SendAsync("POST", "/v1/compact", """{"revision":1}""");

        Assert.Equal((200, """{"revision":2,"oldestRevision":2}"""), (answer.Status, answer.Text));
    }

    [Fact]
    public async Task What_is_older_than_an_age_is_gone()
    {
        await using var node = await TestNode.LeaderAsync();
        await node.PutAsync("a", "1");
        await node.PutAsync("a", "2");

        // The entries of this test are of 1970.
        var old = await node.SendAsync("POST", "/v1/compact", """{"olderThan":"1h"}""");
        Assert.Equal((200, 2), (old.Status, old.Json.GetProperty("oldestRevision").GetInt64()));
        Assert.Equal(410, (await node.GetAsync("/v1/kv/a?rev=1")).Status);
    }

    [Theory]
    [InlineData("""{"olderThan":7}""", "olderThan")]
    [InlineData("""{"olderThan":"soon"}""", "olderThan")]
    [InlineData("""{"olderThan":"1h","revision":1}""", "olderThan")]
    [InlineData("", "body")]
    [InlineData("[]", "body")]
    [InlineData("{}", "revision")]
    [InlineData("""{"revision":0}""", "revision")]
    [InlineData("""{"revision":"2"}""", "revision")]
    [InlineData("""{"revision":1.5}""", "revision")]
    [InlineData("""{"revision":3}""", "revision")]
    [InlineData("""{"revision":1,"keep":2}""", "keep")]
    public async Task What_is_wrong_is_named_and_drops_nothing(string body, string field)
    {
        await using var node = await TestNode.LeaderAsync();
        await node.PutAsync("a", "1");
        await node.PutAsync("a", "2");

        var answer = await node.SendAsync("POST", "/v1/compact", body);

        Assert.Equal((400, field), (answer.Status, answer.Field));
        Assert.Equal("1", (await node.GetAsync("/v1/kv/a?rev=1")).Text);
    }
}
