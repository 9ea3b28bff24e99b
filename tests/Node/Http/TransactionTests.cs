namespace RaftCluster.Tests.Node.Http;

/// <summary>Transactions: together or not at all, in order, in one revision. <c>a</c> is at revision 1, <c>n</c> (5) at 2, table t at 3 with row r at 4.</summary>
public sealed class TransactionTests
{
    [Fact]
    public async Task Operations_see_those_before_them_and_share_a_revision()
    {
        await using var node = await SomeRowsAsync();

        var answer = await TransactAsync(node, """
            {"then":[
              {"op":"put","key":"b","value":"two","contentType":"text/plain"},
              {"op":"get","key":"b"},
              {"op":"put","key":"c","value64":"/wA="},
              {"op":"add","key":"n","by":2.5},
              {"op":"add","key":"m"},
              {"op":"patch","table":"t","key":"r","value":{"n":null,"o":{"x":1}}},
              {"op":"patch","table":"t","key":"none","value":{"n":1}},
              {"op":"get","table":"t","key":"r"},
              {"op":"range","prefix":"","limit":2},
              {"op":"range","start":"b","keys":true,"order":"desc"},
              {"op":"range","table":"t","count":true},
              {"op":"delete","key":"a"},
              {"op":"delete","key":"a"},
              {"op":"get","key":"a"},
              {"op":"deleteRange","start":"b","end":"d"}]}
            """);

        Assert.Equal(200, answer.Status);
        Assert.Equal(
            """
            {"succeeded":true,"revision":5,"results":[
            {"op":"put","revision":5,"version":1},
            {"op":"get","row":{"key":"b","value":"two","contentType":"text/plain","revision":5,"created":5,"version":1}},
            {"op":"put","revision":5,"version":1},
            {"op":"add","value":7.5,"revision":5,"version":2},
            {"op":"add","value":1,"revision":5,"version":1},
            {"op":"patch","found":true,"revision":5,"version":2},
            {"op":"patch","found":false},
            {"op":"get","row":{"key":"r","value":{"s":"x","n":null,"o":{"x":1}},"contentType":"application/json","revision":5,"created":4,"version":2}},
            {"op":"range","items":[{"key":"a","value":"one","contentType":null,"revision":1,"created":1,"version":1},{"key":"b","value":"two","contentType":"text/plain","revision":5,"created":5,"version":1}],"count":2,"more":true},
            {"op":"range","items":[{"key":"n","revision":5,"created":2,"version":2},{"key":"m","revision":5,"created":5,"version":1},{"key":"c","revision":5,"created":5,"version":1},{"key":"b","revision":5,"created":5,"version":1}],"count":4,"more":false},
            {"op":"range","count":1,"more":false},
            {"op":"delete","deleted":true},
            {"op":"delete","deleted":false},
            {"op":"get","row":null},
            {"op":"deleteRange","deleted":2}]}
            """.Replace("\n", "", StringComparison.Ordinal),
            answer.Text);
        Assert.Equal(5, node.Store.Applied.Revision);
        Assert.Equal("7.5", (await node.GetAsync("/v1/kv/n")).Text);
    }

    /// <summary>condition, whether it holds</summary>
    public static TheoryData<string, bool> Conditions => new()
    {
        { """{"key":"a","revision":1}""", true },
        { """{"key":"a","revision":2}""", false },
        { """{"key":"a","revision":2,"op":"lt"}""", true },
        { """{"key":"none","revision":0}""", true },
        { """{"key":"a","version":1,"op":"ge"}""", true },
        { """{"key":"a","created":1,"op":"ne"}""", false },
        { """{"key":"a","exists":true}""", true },
        { """{"key":"none","exists":true}""", false },
        { """{"key":"none","exists":true,"op":"ne"}""", true },
        { """{"key":"a","value":"one"}""", true },
        { """{"key":"a","value":"two"}""", false },
        { """{"key":"a","value64":"b25l"}""", true },
        { """{"key":"a","value":"onf","op":"lt"}""", true },
        { """{"table":"t","key":"r","column":"n","value":1.0}""", true },
        { """{"table":"t","key":"r","column":"n","value":1.5,"op":"lt"}""", true },
        { """{"table":"t","key":"r","column":"o","value":null}""", true },
        { """{"table":"t","key":"none","column":"s","value":null}""", true },
        { """{"table":"t","key":"r","value":{"n":1.00,"s":"x"}}""", true },
        { """{"table":"t","key":"r","value":{"s":"x"}}""", false },
        { """{"table":"t","key":"none","value":{"s":"x"}}""", false },
        { """{"table":"t","key":"r","revision":4}""", true },
        { """{"table":"$tables","key":"t","revision":3}""", true },
    };

    [Theory]
    [MemberData(nameof(Conditions))]
    public async Task Conditions_choose_the_branch(string condition, bool holds)
    {
        await using var node = await SomeRowsAsync();

        var answer = await TransactAsync(node, $$"""
            {"if":[{"key":"a","exists":true},{{condition}}],"then":[{"op":"put","key":"x","value":"then"}],"else":[{"op":"put","key":"x","value":"else"}]}
            """);

        Assert.Equal((200, holds), (answer.Status, answer.Json.GetProperty("succeeded").GetBoolean()));
        Assert.Equal(holds ? "then" : "else", (await node.GetAsync("/v1/kv/x")).Text);
    }

    [Fact]
    public async Task Nothing_at_all_is_a_transaction_too()
    {
        await using var node = await SomeRowsAsync();

        Assert.Equal("""{"succeeded":true,"revision":4,"results":[]}""", (await TransactAsync(node, "{}")).Text);
        Assert.Equal("""{"succeeded":false,"revision":4,"results":[]}""", (await TransactAsync(node, """{"if":[{"key":"a","exists":false}]}""")).Text);
    }

    /// <summary>operation that fails after a put, status, code</summary>
    public static TheoryData<string, int, string> Failures => new()
    {
        { """{"op":"add","key":"a"}""", 409, "conflict" },
        { """{"op":"add","table":"t","key":"r","column":"o"}""", 409, "conflict" },
        { """{"op":"patch","key":"a","value":{}}""", 409, "conflict" },
        { """{"op":"put","key":"y","value":"z","lease":99}""", 404, "lease-absent" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task What_fails_takes_everything_with_it_and_names_the_operation(string operation, int status, string code)
    {
        await using var node = await SomeRowsAsync();
        await node.SendAsync("PATCH", "/v1/tables/t/rows/r", """{"o":"text"}""", "Content-Type: application/json");
        var before = node.Store.Applied.Revision;

        foreach (var branch in new[] { "then", "else" })
        {
            var answer = await TransactAsync(node, $$"""
                {"if":[{"key":"a","exists":{{(branch == "then" ? "true" : "false")}}}],"{{branch}}":[{"op":"put","key":"x","value":"y"},{{operation}}]}
                """);

            Assert.Equal((status, code, "not-applied", $"{branch}[1]"), (answer.Status, answer.Code, answer.Outcome, answer.Field));
        }

        Assert.Equal(before, node.Store.Applied.Revision);
        Assert.Equal(404, (await node.GetAsync("/v1/kv/x")).Status);
    }

    [Fact]
    public async Task Keys_may_be_made_and_rows_may_be_on_a_lease()
    {
        await using var node = await SomeRowsAsync();
        await node.SendAsync("PUT", "/v1/tables/e", """{"key":"revision"}""");

        var answer = await TransactAsync(node, """
            {"then":[{"op":"put","table":"e","value":{"x":1},"ttl":"1h"},{"op":"put","value":"v","ttl":"60m"},{"op":"put","table":"t","value":{"s":"y"}}]}
            """);

        var results = answer.Json.GetProperty("results");
        Assert.Equal("""{"op":"put","revision":6,"version":1,"key":"0000000000000000006","lease":6}""", results[0].GetRawText());
        Assert.Equal(6, results[1].GetProperty("lease").GetInt64());
        Assert.Equal("v", (await node.GetAsync($"/v1/kv/{results[1].GetProperty("key").GetString()}")).Text);
        Assert.Equal("""{"s":"y","n":null,"o":null}""", (await node.GetAsync($"/v1/tables/t/rows/{results[2].GetProperty("key").GetString()}")).Text);
    }

    [Fact]
    public async Task A_column_that_came_later_counts_as_what_it_shows()
    {
        await using var node = await SomeRowsAsync();
        await node.SendAsync("PUT", "/v1/tables/t", """
            {"columns":[{"name":"s","type":"string"},{"name":"n","type":"number","nullable":true},{"name":"o","type":"any","nullable":true},
              {"name":"m","type":"number","default":6.5}]}
            """);

        var answer = await TransactAsync(node, """
            {"if":[{"table":"t","key":"r","column":"m","value":6.50},{"table":"t","key":"r","value":{"s":"x","n":1,"m":6.5}}],
             "then":[{"op":"add","table":"t","key":"r","column":"m"}]}
            """);

        Assert.Equal("""{"succeeded":true,"revision":6,"results":[{"op":"add","value":7.5,"revision":6,"version":2}]}""", answer.Text);
        Assert.Equal("""{"s":"x","n":1,"o":null,"m":7.5}""", (await node.GetAsync("/v1/tables/t/rows/r")).Text);
    }

    [Fact]
    public async Task Adding_makes_no_row_that_lacks_what_its_table_asks_for()
    {
        await using var node = await SomeRowsAsync();
        await node.SendAsync("PUT", "/v1/tables/c", """{"columns":[{"name":"n","type":"number"},{"name":"o","type":"any","nullable":true}]}""");

        var refused = await TransactAsync(node, """{"then":[{"op":"add","table":"t","key":"none","column":"n"}]}""");
        var made = await TransactAsync(node, """{"then":[{"op":"add","table":"c","key":"none","column":"n","by":2}]}""");

        Assert.Equal((404, "absent", "then[0]"), (refused.Status, refused.Code, refused.Field));
        Assert.Equal(200, made.Status);
        Assert.Equal("""{"n":2,"o":null}""", (await node.GetAsync("/v1/tables/c/rows/none")).Text);
    }

    [Fact]
    public async Task It_goes_through_a_follower()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;

        var answer = await TransactAsync(follower, """{"then":[{"op":"put","key":"a","value":"v"},{"op":"put","key":"b","value":"w"}]}""", "Raft-Wait: 20s");

        Assert.Equal((200, "n2", 1), (answer.Status, answer["Raft-Node"], answer.Revision));
        Assert.Equal((1, 0), (leader.Consensus.Proposed, follower.Consensus.Proposed));
    }

    /// <summary>transaction, field</summary>
    public static TheoryData<string, string> Malformed => new()
    {
        { "", "body" },
        { "[]", "body" },
        { """{"than":[]}""", "than" },
        { """{"then":{}}""", "then" },
        { """{"then":[],"then":[]}""", "then" },
        { """{"then":[1]}""", "then[0]" },
        { """{"then":[{"key":"a"}]}""", "then[0].op" },
        { """{"then":[{"op":"push","key":"a"}]}""", "then[0].op" },
        { """{"then":[{"op":"get","key":"a"},{"op":"get"}]}""", "then[1].key" },
        { """{"then":[{"op":"get","key":""}]}""", "then[0].key" },
        { """{"then":[{"op":"get","key":1}]}""", "then[0].key" },
        { """{"then":[{"op":"get","key":"a","vaule":1}]}""", "then[0].vaule" },
        { """{"then":[{"op":"put","key":"a"}]}""", "then[0].value" },
        { """{"then":[{"op":"put","key":"a","value":{}}]}""", "then[0].value" },
        { """{"then":[{"op":"put","key":"a","value":"x","value64":"eA=="}]}""", "then[0].value64" },
        { """{"then":[{"op":"put","key":"a","value64":"e"}]}""", "then[0].value64" },
        { """{"then":[{"op":"put","key":"a","value":"x","contentType":"a\nb"}]}""", "then[0].contentType" },
        { """{"then":[{"op":"put","key":"a","value":"x","ttl":"5"}]}""", "then[0].ttl" },
        { """{"then":[{"op":"put","key":"a","value":"x","ttl":"5s","lease":1}]}""", "then[0].lease" },
        { """{"then":[{"op":"put","key":"a","value":"x","lease":0}]}""", "then[0].lease" },
        { """{"then":[{"op":"put","key":"a","value":"x","ttl":"5s"}],"else":[{"op":"put","key":"a","value":"x","ttl":"6s"}]}""", "else[0].ttl" },
        { """{"then":[{"op":"put","table":"t","key":"a","value":"x"}]}""", "then[0].value" },
        { """{"then":[{"op":"put","table":"t","key":"a","value":{"s":1}}]}""", "then[0].value.s" },
        { """{"else":[{"op":"put","table":"t","key":"a","value":{"z":1}}]}""", "else[0].value.z" },
        { """{"then":[{"op":"put","table":"t","key":"a","value":{"s":"x","o":[{"b":1,"b":2}]}}]}""", "then[0].value.o[0].b" },
        { """{"then":[{"op":"put","table":"$tables","key":"a","value":{}}]}""", "then[0].table" },
        { """{"then":[{"op":"delete","table":"$locks","key":"a"}]}""", "then[0].table" },
        { """{"then":[{"op":"get","table":"t t","key":"a"}]}""", "then[0].table" },
        { """{"then":[{"op":"deleteRange"}]}""", "then[0]" },
        { """{"then":[{"op":"deleteRange","prefix":"a","start":"b"}]}""", "then[0].prefix" },
        { """{"then":[{"op":"range","start":"b","end":"a"}]}""", "then[0].end" },
        { """{"then":[{"op":"range","limit":1001}]}""", "then[0].limit" },
        { """{"then":[{"op":"range","order":"up"}]}""", "then[0].order" },
        { """{"then":[{"op":"range","keys":1}]}""", "then[0].keys" },
        { """{"then":[{"op":"patch","table":"t","key":"r","value":{"s":null}}]}""", "then[0].value.s" },
        { """{"then":[{"op":"patch","table":"t","key":"r","value":3}]}""", "then[0].value" },
        { """{"then":[{"op":"patch","table":"t","key":"r"}]}""", "then[0].value" },
        { """{"then":[{"op":"add","key":"n","by":"1"}]}""", "then[0].by" },
        { """{"then":[{"op":"add","table":"t","key":"r"}]}""", "then[0].column" },
        { """{"then":[{"op":"add","table":"t","key":"r","column":"s"}]}""", "then[0].column" },
        { """{"then":[{"op":"add","table":"t","key":"r","column":"z"}]}""", "then[0].column" },
        { """{"if":[{"key":"a"}]}""", "if[0]" },
        { """{"if":[{"key":"a","revision":1,"version":1}]}""", "if[0].version" },
        { """{"if":[{"key":"a","revision":-1}]}""", "if[0].revision" },
        { """{"if":[{"key":"a","revision":1.5}]}""", "if[0].revision" },
        { """{"if":[{"key":"a","revision":1,"op":"is"}]}""", "if[0].op" },
        { """{"if":[{"key":"a","exists":1}]}""", "if[0].exists" },
        { """{"if":[{"key":"a","exists":true,"op":"lt"}]}""", "if[0].op" },
        { """{"if":[{"key":"a","value":1}]}""", "if[0].value" },
        { """{"if":[{"key":"a","exists":true},{"key":"r","table":"t","column":"n"}]}""", "if[1].value" },
        { """{"if":[{"key":"r","table":"t","column":"z","value":1}]}""", "if[0].column" },
        { """{"if":[{"key":"r","table":"t","column":"n","value":"1"}]}""", "if[0].value" },
        { """{"if":[{"key":"r","table":"t","value":{"z":1}}]}""", "if[0].value.z" },
        { """{"if":[{"key":"r","table":"t","value":{"s":"x"},"op":"ne"}]}""", "if[0].op" },
        { """{"if":[{"key":"r","table":"f","value":{"s":"x"}}]}""", "if[0].value" },
        { """{"if":[{"revision":1}]}""", "if[0].key" },
        { """{"then":[{"op":"put","table":"e","key":"a","value":{}}]}""", "then[0].key" },
        { """{"then":[{"op":"put","table":"e","value":{}},{"op":"put","table":"e","value":{}}]}""", "then[1].table" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task What_is_wrong_is_named_by_its_place_and_nothing_changes(string transaction, string field)
    {
        await using var node = await SomeRowsAsync();
        await node.SendAsync("PUT", "/v1/tables/f", "{}");
        await node.SendAsync("PUT", "/v1/tables/e", """{"key":"revision"}""");
        var before = node.Store.Applied;

        var answer = await TransactAsync(node, transaction);

        Assert.Equal((400, "malformed", "not-applied", field), (answer.Status, answer.Code, answer.Outcome, answer.Field));
        Assert.Equal(before, node.Store.Applied);
    }

    [Fact]
    public async Task A_table_that_is_not_there_is_named()
    {
        await using var node = await SomeRowsAsync();

        var answer = await TransactAsync(node, """{"then":[{"op":"get","key":"a"},{"op":"get","table":"none","key":"a"}]}""");

        Assert.Equal((404, "table-absent", "then[1].table"), (answer.Status, answer.Code, answer.Field));
    }

    [Fact]
    public async Task The_limits_are_held_to_before_anything_is_proposed()
    {
        await using var node = await SomeRowsAsync();
        var proposed = node.Consensus.Proposed;
        var get = string.Join(',', Enumerable.Repeat("""{"op":"get","key":"a"}""", 1024));

        var tooMany = await TransactAsync(node, $$"""{"then":[{{get}}],"else":[{"op":"get","key":"a"}]}""");
        Assert.Equal((400, "then"), (tooMany.Status, tooMany.Field));
        var conditions = string.Join(',', Enumerable.Repeat("""{"key":"a","exists":true}""", 1025));
        var tooManyConditions = await TransactAsync(node, $$"""{"if":[{{conditions}}]}""");
        Assert.Equal((400, "if"), (tooManyConditions.Status, tooManyConditions.Field));
        var tooLong = await TransactAsync(node, $$"""{"then":[{"op":"put","key":"a","value":"{{new string('x', (1 << 20) + 1)}}"}]}""");
        Assert.Equal((413, "then[0].value"), (tooLong.Status, tooLong.Field));
        var body = await TransactAsync(node, $$"""{"then":[{"op":"put","key":"a","value":"{{new string('x', 4 << 20)}}"}]}""");
        Assert.Equal((413, "too-large", "not-applied"), (body.Status, body.Code, body.Outcome));
        Assert.Equal(proposed, node.Consensus.Proposed);

        Assert.Equal(1024, (await TransactAsync(node, $$"""{"then":[{{get}}]}""")).Json.GetProperty("results").GetArrayLength());
    }

    [Theory]
    [InlineData("If-Match: \"1\"", 400)]
    [InlineData("Content-Type: text/plain", 415)]
    public async Task Its_headers_are_checked_too(string header, int status)
    {
        await using var node = await SomeRowsAsync();

        Assert.Equal(status, (await TransactAsync(node, "{}", header)).Status);
    }

    private static Task<Answer> TransactAsync(TestNode node, string transaction, params string[] headers) =>
        node.SendAsync("POST", "/v1/txn", transaction, headers.Length == 0 ? ["Content-Type: application/json"] : headers);

    private static async Task<TestNode> SomeRowsAsync()
    {
        var node = await TestNode.LeaderAsync();
        await node.PutAsync("a", "one");
        await node.PutAsync("n", "5");
        await node.SendAsync("PUT", "/v1/tables/t", """
            {"columns":[{"name":"s","type":"string"},{"name":"n","type":"number","nullable":true},{"name":"o","type":"any","nullable":true}]}
            """);
        await node.SendAsync("PUT", "/v1/tables/t/rows/r", """{"s":"x","n":1}""");
        return node;
    }
}
