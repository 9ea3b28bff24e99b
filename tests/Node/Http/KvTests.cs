namespace RaftCluster.Tests.Node.Http;

/// <summary>Single keys, over both versions of HTTP.</summary>
public sealed class KvTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_value_is_written_read_replaced_and_removed(bool http2)
    {
        await using var node = await TestNode.LeaderAsync();
        var http = http2 ? node.Http2 : node.Http;

        var made = await TestNode.SendAsync(http, "PUT", "/v1/kv/a", "one"u8.ToArray(), "Content-Type: text/plain");
        Assert.Equal((201, """{"revision":1,"version":1}"""), (made.Status, made.Text));
        Assert.Equal("\"1\"", made["ETag"]);
        Assert.Equal(http2 ? 2 : 1, made.Version.Major);

        var replaced = await TestNode.SendAsync(http, "PUT", "/v1/kv/a", [0, 255, 7]);
        Assert.Equal((200, """{"revision":2,"version":2}"""), (replaced.Status, replaced.Text));

        var read = await TestNode.SendAsync(http, "GET", "/v1/kv/a", null);
        Assert.Equal(200, read.Status);
        Assert.Equal([0, 255, 7], read.Bytes);
        Assert.Equal(("\"2\"", "2", "application/octet-stream"), (read["ETag"], read["Raft-Version"], read["Content-Type"]));

        var before = await TestNode.SendAsync(http, "GET", "/v1/kv/a?rev=1", null);
        Assert.Equal(("one", "\"1\"", "text/plain"), (before.Text, before["ETag"], before["Content-Type"]));

        var head = await TestNode.SendAsync(http, "HEAD", "/v1/kv/a", null);
        Assert.Equal((200, 0, "3", "\"2\""), (head.Status, head.Bytes.Length, head["Content-Length"], head["ETag"]));

        var removed = await TestNode.SendAsync(http, "DELETE", "/v1/kv/a", null);
        Assert.Equal((200, """{"revision":3,"deleted":true}"""), (removed.Status, removed.Text));
        Assert.Equal("absent", (await TestNode.SendAsync(http, "GET", "/v1/kv/a", null)).Code);
        Assert.Equal("absent", (await TestNode.SendAsync(http, "DELETE", "/v1/kv/a", null)).Code);
        Assert.Equal(404, (await TestNode.SendAsync(http, "HEAD", "/v1/kv/a", null)).Status);
        Assert.Equal(3, node.Store.Applied.Revision);
    }
}
