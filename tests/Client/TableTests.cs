using System.Text.Json.Serialization;
using RaftCluster.Client;

namespace RaftCluster.Tests.Client;

public sealed partial class TableTests : IDisposable
{
    private readonly VirtualTime _time = new();
    private readonly Script _script = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _script.Dispose();

    [Fact]
    public async Task A_definition_is_written_as_the_contract_says()
    {
        using var client = _script.Json(201, """{"revision":3,"version":1}""", ("ETag", "\"3\"")).Client(_time);

        var result = await client.Tables.DefineAsync(
            "users",
            new TableDefinition
            {
                Columns =
                [
                    new Column("name", ColumnType.Text),
                    new Column("tags", ColumnType.Array).OrNull(),
                    new Column("since", ColumnType.Text).WithDefault("\"now\""),
                ],
                Key = KeySource.Revision,
            },
            new() { When = Precondition.Absent },
            Cancellation);

        Assert.Equal(new DefineResult.Defined(3, Created: true), result);
        var asked = Assert.Single(_script.Requests);
        Assert.Equal(("PUT", "/v1/tables/users", "application/json", "*"), (asked.Method, asked.Target, asked.ContentType, asked.Header("If-None-Match")));
        Assert.Equal(
            """{"columns":[{"name":"name","type":"string","nullable":false},{"name":"tags","type":"array","nullable":true},{"name":"since","type":"string","nullable":false,"default":"now"}],"key":"revision"}""",
            asked.Body);
    }

    [Fact]
    public async Task A_definition_is_read_back_and_its_absence_is_null()
    {
        using var client = _script
            .Json(200, """{"columns":[{"name":"n","type":"number","nullable":true,"default":0}],"key":"given"}""", ("ETag", "\"5\""))
            .Problem(404, "absent", "not-applied", retryable: false)
            .Json(200, """{"revision":9,"items":[{"name":"kv","builtIn":true},{"name":"users","columns":[]}]}""")
            .Client(_time);

        var definition = await client.Tables.GetAsync("users", cancellation: Cancellation);
        Assert.Equal(("users", 5L, KeySource.Given), (definition!.Name, definition.Revision, definition.Key!.Value));
        var column = Assert.Single(definition.Columns!.Value);
        Assert.Equal(("n", ColumnType.Number, true, "0"), (column.Name, column.Type, column.Nullable, column.Default!.Value.GetRawText()));
        Assert.Null(await client.Tables.GetAsync("nobody", cancellation: Cancellation));
        Assert.Equal(["kv", "users"], (await client.Tables.ListAsync(cancellation: Cancellation)).Select(table => table.Name!));
    }

    [Fact]
    public async Task A_definition_that_rows_contradict_is_refused_with_the_nodes_words()
    {
        using var client = _script
            .Problem(409, "table-conflict", "not-applied", retryable: false)
            .Problem(412, "precondition-failed", "not-applied", retryable: false, ("ETag", "\"5\""))
            .Json(200, """{"revision":9,"deleted":true}""")
            .Problem(404, "absent", "not-applied", retryable: false)
            .Client(_time);

        var conflict = await Assert.ThrowsAsync<RaftClusterException>(
            () => client.Tables.DefineAsync("users", new TableDefinition(), cancellation: Cancellation));
        Assert.Equal("table-conflict", conflict.Code);
        Assert.Equal(
            new DefineResult.Refused(5),
            await client.Tables.DefineAsync("users", new TableDefinition(), new() { When = Precondition.AtRevision(4) }, Cancellation));
        Assert.Equal(new DeleteResult.Deleted(9, 1), await client.Tables.DropAsync("users", cancellation: Cancellation));
        Assert.Equal(new DeleteResult.NotFound(), await client.Tables.DropAsync("users", cancellation: Cancellation));
    }

    [Fact]
    public async Task Rows_are_written_read_patched_inserted_and_removed()
    {
        using var client = _script
            .Json(201, """{"revision":7,"version":1}""")
            .Answer(200, """{"name":"Ada","logins":1}""", ("ETag", "\"7\""), ("Raft-Version", "1"))
            .Json(200, """{"revision":8,"version":2}""")
            .Problem(404, "absent", "not-applied", retryable: false)
            .Json(201, """{"revision":9,"version":1,"key":"0000000000000000009"}""", ("Location", "/v1/tables/users/rows/0000000000000000009"))
            .Json(200, """{"revision":10,"deleted":true}""")
            .Client(_time);
        var users = client.Table("users", Json.Default.User);

        Assert.Equal(new PutResult.Written(7, 1, Created: true), await users.PutAsync("1", new User("Ada", 1), cancellation: Cancellation));
        var (row, _) = await users.GetAsync("1", cancellation: Cancellation);
        Assert.Equal(new User("Ada", 1), row!.Value);
        Assert.Equal(
            new PutResult.Written(8, 2, Created: false),
            await users.Rows.PatchAsync("1", """{"logins":2}"""u8.ToArray(), new() { When = Precondition.AtRevision(7) }, Cancellation));
        Assert.Equal(new PutResult.NotFound(), await users.Rows.PatchAsync("2", "{}"u8.ToArray(), cancellation: Cancellation));
        Assert.Equal(new InsertResult("0000000000000000009", 9, 1), await users.InsertAsync(new User("Ben", 0), cancellation: Cancellation));
        Assert.Equal(new DeleteResult.Deleted(10, 1), await users.DeleteAsync("1", cancellation: Cancellation));

        Assert.Equal(
            ["PUT /v1/tables/users/rows/1", "GET /v1/tables/users/rows/1", "PATCH /v1/tables/users/rows/1", "PATCH /v1/tables/users/rows/2", "POST /v1/tables/users/rows", "DELETE /v1/tables/users/rows/1"],
            _script.Requests.Select(asked => $"{asked.Method} {asked.Target}"));
        Assert.Equal(
            ["application/json", null, "application/merge-patch+json", "application/merge-patch+json", "application/json", null],
            _script.Requests.Select(asked => asked.ContentType));
        Assert.Equal("""{"name":"Ada","logins":1}""", _script.Requests[0].Body);
    }

    [Fact]
    public async Task A_list_filters_on_the_node_pages_at_one_revision_and_keeps_the_json_as_it_is()
    {
        using var client = _script
            .Json(200, """{"revision":9,"items":[{"key":"1","value":{"name":"Ada","logins":1.50},"revision":3,"created":2,"version":2,"lease":17}],"next":"t"}""")
            .Json(200, """{"revision":9,"items":[{"key":"2","value":{"name":"Ben","logins":2},"revision":4,"created":4,"version":1}]}""")
            .Client(_time);

        var rows = new List<Row>();
        var query = new RangeQuery { Where = [Filter.Number("logins", Comparison.GreaterOrEqual, 1), Filter.Equal("name", "A:b")], PageSize = 1 };
        await foreach (var row in client.Table("users").ListAsync(query, cancellation: Cancellation))
        {
            rows.Add(row);
        }

        Assert.Equal(["""{"name":"Ada","logins":1.50}""", """{"name":"Ben","logins":2}"""], rows.Select(row => row.Text));
        Assert.Equal([17, null], rows.Select(row => row.Lease));
        Assert.Equal(
            ["/v1/tables/users/rows?where=logins%3Age%3A1&where=name%3Aeq%3AA%3Ab&limit=1", "/v1/tables/users/rows?where=logins%3Age%3A1&where=name%3Aeq%3AA%3Ab&limit=1&after=t"],
            _script.Requests.Select(asked => asked.Target));
    }

    [Fact]
    public async Task A_table_that_is_not_there_is_no_empty_list()
    {
        using var client = _script
            .Problem(404, "absent", "not-applied", retryable: false)
            .Problem(404, "absent", "not-applied", retryable: false)
            .Client(_time);

        _ = await Assert.ThrowsAsync<RaftClusterException>(() => client.Table("t").CountAsync(new RangeQuery(), cancellation: Cancellation));
        var absent = await Assert.ThrowsAsync<RaftClusterException>(() => client.Table("t").PutAsync("1", "{}"u8.ToArray(), cancellation: Cancellation));
        Assert.Equal("absent", absent.Code);
    }

    [Fact]
    public async Task A_row_lives_for_a_time_or_with_a_lease()
    {
        using var client = _script
            .Json(201, """{"revision":7,"version":1}""")
            .Json(201, """{"revision":8,"version":1}""")
            .Client(_time);

        _ = await client.PutAsync("a", default, new() { TimeToLive = TimeSpan.FromSeconds(30) }, Cancellation);
        _ = await client.Table("t").PutAsync("a", "{}"u8.ToArray(), new() { Lease = 17 }, Cancellation);
        _ = await Assert.ThrowsAsync<ArgumentException>(
            () => client.PutAsync("a", default, new() { Lease = 17, TimeToLive = TimeSpan.FromSeconds(1) }, Cancellation));
        _ = await Assert.ThrowsAsync<ArgumentException>(() => client.DeleteAsync("a", new() { Lease = 17 }, Cancellation));

        Assert.Equal(["/v1/kv/a?ttl=30000ms", "/v1/tables/t/rows/a?lease=17"], _script.Requests.Select(asked => asked.Target));
    }

    [Theory]
    [InlineData("age:ge:18", "age", Comparison.GreaterOrEqual, "18")]
    [InlineData("at:eq:10:15", "at", Comparison.Equal, "10:15")]
    [InlineData("name:ne:", "name", Comparison.NotEqual, "")]
    public void A_filter_is_read_as_it_is_written(string text, string column, Comparison comparison, string value)
    {
        Assert.Equal(new Filter(column, comparison, value), Filter.Parse(text));
        Assert.Equal(text, Filter.Parse(text).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("age")]
    [InlineData("age:18")]
    [InlineData("age:~:18")]
    [InlineData(":eq:18")]
    public void Other_texts_are_no_filters(string text) => Assert.Throws<FormatException>(() => Filter.Parse(text));

    internal sealed record User(string Name, int Logins);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    [JsonSerializable(typeof(User))]
    internal sealed partial class Json : JsonSerializerContext;
}
