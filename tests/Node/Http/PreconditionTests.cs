namespace RaftCluster.Tests.Node.Http;

/// <summary>Compare and set on the ETag. In each test <c>a</c> is at revision 2 and <c>b</c> is not there.</summary>
public sealed class PreconditionTests
{
    /// <summary>key, condition, whether a write is accepted</summary>
    public static TheoryData<string, string, bool> Conditions => new()
    {
        { "a", "If-Match: \"2\"", true },
        { "a", "If-Match: \"1\"", false },
        { "a", "If-Match: \"1\", \"2\"", true },
        { "a", "If-Match:\"1\" ,\"2\"", true },
        { "a", "If-Match: W/\"2\"", false },
        { "a", "If-Match: \"02\"", false },
        { "a", "If-Match: \"abc\"", false },
        { "a", "If-Match: *", true },
        { "b", "If-Match: *", false },
        { "b", "If-Match: \"2\"", false },
        { "a", "If-None-Match: *", false },
        { "b", "If-None-Match: *", true },
        { "a", "If-None-Match: \"2\"", false },
        { "a", "If-None-Match: W/\"2\"", false },
        { "a", "If-None-Match: \"1\"", true },
        { "a", "If-None-Match: \"abc\"", true },
        { "b", "If-None-Match: \"2\"", true },
    };

    [Theory]
    [MemberData(nameof(Conditions))]
    public async Task A_put_holds_to_its_condition(string key, string condition, bool accepted)
    {
        await using var node = await TwoWritesAsync();

        var answer = await node.PutAsync(key, "new", condition);

        AssertDecided(node, answer, key, accepted);
        Assert.Equal(accepted ? "new" : key == "a" ? "two" : "absent", await ValueAsync(node, key));
    }

    [Theory]
    [MemberData(nameof(Conditions))]
    public async Task A_delete_holds_to_its_condition(string key, string condition, bool accepted)
    {
        await using var node = await TwoWritesAsync();

        var answer = await node.SendAsync("DELETE", $"/v1/kv/{key}", null, condition);

        if (accepted && key == "b")
        {
            Assert.Equal(404, answer.Status);
            return;
        }

        AssertDecided(node, answer, key, accepted);
        Assert.Equal(accepted || key == "b" ? "absent" : "two", await ValueAsync(node, key));
    }

    [Fact]
    public async Task A_condition_may_be_a_parameter()
    {
        await using var node = await TwoWritesAsync();

        Assert.Equal(412, (await node.SendAsync("PUT", "/v1/kv/a?if-match=%221%22", "new")).Status);
        Assert.Equal(200, (await node.SendAsync("PUT", "/v1/kv/a?if-match=%222%22", "new")).Status);
    }

    [Theory]
    [InlineData("If-None-Match: \"2\"", 304)]
    [InlineData("If-None-Match: W/\"2\"", 304)]
    [InlineData("If-None-Match: *", 304)]
    [InlineData("If-None-Match: \"1\"", 200)]
    [InlineData("If-Match: \"2\"", 200)]
    [InlineData("If-Match: \"1\"", 412)]
    public async Task A_read_holds_to_its_condition(string condition, int status)
    {
        await using var node = await TwoWritesAsync();

        foreach (var verb in new[] { "GET", "HEAD" })
        {
            var answer = await node.SendAsync(verb, "/v1/kv/a", null, condition);

            Assert.Equal((status, "\"2\""), (answer.Status, answer["ETag"]));
            Assert.Equal(verb == "GET" && status == 200 ? "two" : "", status == 412 ? "" : answer.Text);
        }
    }

    private static void AssertDecided(TestNode node, Answer answer, string key, bool accepted)
    {
        if (accepted)
        {
            Assert.True(answer.Status is 200 or 201, answer.Text);
            Assert.Equal(3, node.Store.Applied.Revision);
            return;
        }

        Assert.Equal((412, "precondition-failed", "not-applied"), (answer.Status, answer.Code, answer.Outcome));
        Assert.Equal(key == "a" ? "\"2\"" : null, answer["ETag"]);
        Assert.Equal(2, node.Store.Applied.Revision);
    }

    private static async Task<string> ValueAsync(TestNode node, string key)
    {
        var answer = await node.GetAsync($"/v1/kv/{key}");
        return answer.Status == 200 ? answer.Text : answer.Code;
    }

    private static async Task<TestNode> TwoWritesAsync()
    {
        var node = await TestNode.LeaderAsync();
        await node.PutAsync("a", "one");
        await node.PutAsync("a", "two");
        return node;
    }
}
