using RaftCluster.Client;

namespace RaftCluster.Tests.Client;

public sealed class ListTests : IDisposable
{
    private readonly VirtualTime _time = new();
    private readonly Script _script = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _script.Dispose();

    [Fact]
    public async Task Pages_follow_each_other_by_their_token_with_the_same_question()
    {
        using var client = _script
            .Json(200, """
                {"revision":9,"items":[{"key":"a/1","value":"x","contentType":"text/plain","revision":3,"created":2,"version":2},
                {"key":"a/2","value64":"/w==","revision":4,"created":4,"version":1}],"next":"t+k/n="}
                """)
            .Json(200, """{"revision":9,"items":[{"key":"a/3","value":"z","revision":5,"created":5,"version":1}]}""")
            .Client(_time);

        var rows = new List<Row>();
        await foreach (var row in client.ListAsync(RangeQuery.ForPrefix("a/") with { PageSize = 2 }, cancellation: Cancellation))
        {
            rows.Add(row);
        }

        Assert.Equal(["a/1", "a/2", "a/3"], rows.Select(row => row.Key));
        Assert.Equal(new byte[] { 255 }, rows[1].Value.ToArray());
        Assert.Equal((3L, 2L, 2L, "text/plain"), (rows[0].Revision, rows[0].Created!.Value, rows[0].Version, rows[0].ContentType!));
        Assert.Equal("/v1/kv?prefix=a%2F&limit=2", _script.Requests[0].Target);
        Assert.Equal("/v1/kv?prefix=a%2F&limit=2&after=t%2Bk%2Fn%3D", _script.Requests[1].Target);
    }

    [Fact]
    public async Task A_limit_ends_the_listing_even_when_the_node_gives_more()
    {
        using var client = _script
            .Json(200, """{"revision":9,"items":[{"key":"a","revision":3,"version":2},{"key":"b","revision":4,"version":1}],"next":"t"}""")
            .Client(_time);

        var keys = new List<string>();
        await foreach (var row in client.ListAsync(new RangeQuery { Limit = 1, KeysOnly = true, Descending = true }, cancellation: Cancellation))
        {
            keys.Add(row.Key);
        }

        Assert.Equal(["a"], keys);
        Assert.Equal("/v1/kv?order=desc&limit=1&keys=true", Assert.Single(_script.Requests).Target);
    }

    [Fact]
    public async Task A_page_that_gets_lost_is_asked_for_again_elsewhere()
    {
        using var client = _script
            .Json(200, """{"revision":9,"items":[{"key":"a","revision":3,"version":2}],"next":"t"}""")
            .Break()
            .Json(200, """{"revision":9,"items":[{"key":"b","revision":3,"version":2}]}""")
            .Client(_time);

        var keys = new List<string>();
        await foreach (var row in client.ListAsync(new RangeQuery { Start = "a", End = "ü" }, cancellation: Cancellation))
        {
            keys.Add(row.Key);
        }

        Assert.Equal(["a", "b"], keys);
        Assert.Equal("/v1/kv?start=a&end=%C3%BC&after=t", _script.Requests[2].Target);
    }

    [Fact]
    public async Task Counting_and_deleting_a_prefix_say_how_many()
    {
        using var client = _script
            .Json(200, """{"revision":9,"count":12}""")
            .Json(200, """{"revision":10,"deleted":12}""")
            .Json(200, """{"revision":11,"deleted":0}""")
            .Json(200, """{"revision":12,"deleted":true}""")
            .Client(_time);

        Assert.Equal(12, await client.CountAsync(RangeQuery.ForPrefix("a&b"), cancellation: Cancellation));
        Assert.Equal(new DeleteResult.Deleted(10, 12), await client.DeletePrefixAsync("a&b", cancellation: Cancellation));
        Assert.Equal(new DeleteResult.Deleted(11, 0), await client.DeletePrefixAsync("", cancellation: Cancellation));
        Assert.Equal(new DeleteResult.Deleted(12, 1), await client.DeleteAsync("a", cancellation: Cancellation));
        Assert.Equal(
            ["/v1/kv?prefix=a%26b&count=true", "/v1/kv?prefix=a%26b", "/v1/kv?prefix=&all=true", "/v1/kv/a"],
            _script.Requests.Select(asked => asked.Target));
    }
}
