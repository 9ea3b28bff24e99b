using RaftCluster.Client;

namespace RaftCluster.Tests.Client;

public sealed class TransactionTests : IDisposable
{
    private readonly VirtualTime _time = new();
    private readonly Script _script = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _script.Dispose();

    [Fact]
    public async Task Every_condition_and_operation_is_written_as_the_contract_says()
    {
        using var client = _script.Json(200, """{"succeeded":true,"revision":9,"results":[]}""").Client(_time);
        var (row, kv) = (RowAddress.In("users", "1"), RowAddress.Kv("a"));

        _ = await client.Transaction()
            .If(row.Exists(), kv.Absent(), kv.AtRevision(5), kv.Version(Comparison.Less, 3), kv.Created(Comparison.NotEqual, 0))
            .If(kv.Value(Comparison.Equal, "v"u8.ToArray()), row.Column("n", Comparison.GreaterOrEqual, 1.5m), row.Column("x", Comparison.Equal, null))
            .Then(
                kv.PutText("v", new() { ContentType = "text/plain", TimeToLive = TimeSpan.FromSeconds(30) }),
                row.Put("""{"n":1.0}"""u8.ToArray(), new() { Lease = 17 }),
                row.Patch("""{"n":2}"""u8.ToArray()),
                row.Add(-0.5m, "n"),
                kv.Add(1),
                kv.Delete(),
                Operation.DeleteRange("kv", RangeQuery.ForPrefix("tmp/")))
            .Else(kv.Get(), Operation.Range("users", new RangeQuery { Start = "a", End = "b", Limit = 10, KeysOnly = true, Descending = true }))
            .CommitAsync(new() { Fences = [new Fence("l", 4)], Durability = Durability.All }, Cancellation);

        var asked = Assert.Single(_script.Requests);
        Assert.Equal(("POST", "/v1/txn", "application/json"), (asked.Method, asked.Target, asked.ContentType));
        Assert.Equal(("l;4", "all"), (asked.Header("Raft-Fence"), asked.Header("Raft-Durability")));
        Assert.Equal(
            """{"if":["""
            + """{"table":"users","key":"1","exists":true,"op":"eq"},{"table":"kv","key":"a","exists":false,"op":"eq"},"""
            + """{"table":"kv","key":"a","revision":5,"op":"eq"},{"table":"kv","key":"a","version":3,"op":"lt"},"""
            + """{"table":"kv","key":"a","created":0,"op":"ne"},{"table":"kv","key":"a","value64":"dg==","op":"eq"},"""
            + """{"table":"users","key":"1","column":"n","value":1.5,"op":"ge"},{"table":"users","key":"1","column":"x","value":null,"op":"eq"}]"""
            + ""","then":[{"op":"put","table":"kv","key":"a","value64":"dg==","contentType":"text/plain","ttl":"30000ms"},"""
            + """{"op":"put","table":"users","key":"1","value":{"n":1.0},"lease":17},"""
            + """{"op":"patch","table":"users","key":"1","value":{"n":2}},{"op":"add","table":"users","key":"1","by":-0.5,"column":"n"},"""
            + """{"op":"add","table":"kv","key":"a","by":1},{"op":"delete","table":"kv","key":"a"},"""
            + """{"op":"deleteRange","table":"kv","prefix":"tmp/"}]"""
            + ""","else":[{"op":"get","table":"kv","key":"a"},"""
            + """{"op":"range","table":"users","start":"a","end":"b","limit":10,"keys":true,"order":"desc"}]}""",
            asked.Body);
    }

    [Fact]
    public async Task Results_come_back_by_their_operations()
    {
        using var client = _script.Json(200, """
            {"succeeded":true,"revision":9,"results":[
              {"op":"put","revision":9,"version":2},
              {"op":"get","row":{"key":"1","value":{"n":1.0},"revision":9,"created":3,"version":2}},
              {"op":"get","row":null},
              {"op":"delete","deleted":false},
              {"op":"deleteRange","deleted":3},
              {"op":"patch","found":false},
              {"op":"patch","found":true,"revision":9,"version":4},
              {"op":"add","value":10.50,"revision":9,"version":1},
              {"op":"range","items":[{"key":"x","value":"y","revision":2,"created":2,"version":1}],"count":7,"more":true}]}
            """, ("Raft-Replayed", "true")).Client(_time);
        var (row, kv) = (RowAddress.In("users", "1"), RowAddress.Kv("a"));
        var (put, get, none, delete) = (row.Put("{}"u8.ToArray()), row.Get(), kv.Get(), kv.Delete());
        var (deleted, absent, patched, added) = (
            Operation.DeleteRange("kv", RangeQuery.ForPrefix("b")), row.Patch("{}"u8.ToArray()), row.Patch("{}"u8.ToArray()), kv.Add(1));
        var range = Operation.Range("kv", new RangeQuery());

        var result = await client.Transaction()
            .Then(put, get, none, delete, deleted, absent, patched, added, range)
            .CommitAsync(cancellation: Cancellation);

        Assert.Equal((true, 9L, true), (result.Succeeded, result.Revision, result.Replayed));
        Assert.Equal(new WrittenRow(9, 2), result.Of(put));
        Assert.Equal("""{"n":1.0}""", result.Of(get)!.Text);
        Assert.Null(result.Of(none));
        Assert.False(result.Of(delete));
        Assert.Equal(3, result.Of(deleted));
        Assert.Null(result.Of(absent));
        Assert.Equal(new WrittenRow(9, 4), result.Of(patched));
        Assert.Equal(("10.50", 10.50m), (result.Of(added).Text, result.Of(added).Value));
        Assert.Equal((7L, true, "x"), (result.Of(range).Count, result.Of(range).More, Assert.Single(result.Of(range).Rows).Key));
    }

    [Fact]
    public async Task When_conditions_do_not_hold_the_results_are_of_the_else_branch()
    {
        using var client = _script.Json(200, """{"succeeded":false,"revision":9,"results":[{"op":"get","row":null}]}""").Client(_time);
        var kv = RowAddress.Kv("a");
        var (put, get) = (kv.PutText("v"), kv.Get());

        var result = await client.Transaction().If(kv.Exists()).Then(put).Else(get).CommitAsync(cancellation: Cancellation);

        Assert.False(result.Succeeded);
        Assert.Null(result.Of(get));
        var notDone = Assert.Throws<InvalidOperationException>(() => result.Of(put));
        Assert.Contains("did not hold", notDone.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Adding_is_a_transaction_of_one_and_a_text_is_refused_by_the_node()
    {
        using var client = _script
            .Json(200, """{"succeeded":true,"revision":9,"results":[{"op":"add","value":"12345678901234567890123456789012345","revision":9,"version":3}]}""")
            .Problem(409, "conflict", "not-applied", retryable: false)
            .Client(_time);

        var sum = await client.AddAsync("n", 2.5m, cancellation: Cancellation);

        Assert.Equal("12345678901234567890123456789012345", sum.Text);
        _ = Assert.Throws<OverflowException>(() => sum.Value);
        Assert.Equal("""{"then":[{"op":"add","table":"kv","key":"n","by":2.5}]}""", _script.Requests[0].Body);
        var text = await Assert.ThrowsAsync<RaftClusterException>(() => client.AddAsync("n", 1, cancellation: Cancellation));
        Assert.Equal(("conflict", Outcome.NotApplied), (text.Code, text.Outcome));
    }

    [Fact]
    public async Task What_a_transaction_says_of_itself_is_not_said_by_options()
    {
        using var client = _script.Client(_time);

        _ = await Assert.ThrowsAsync<ArgumentException>(
            () => client.Transaction().CommitAsync(new() { When = Precondition.Absent }, Cancellation));
        _ = await Assert.ThrowsAsync<ArgumentException>(() => client.Transaction().CommitAsync(new() { Lease = 17 }, Cancellation));
        _ = Assert.Throws<ArgumentException>(() => Operation.Range("t", new RangeQuery { Where = [Filter.Equal("a", "b")] }));
        _ = Assert.Throws<ArgumentException>(() => RowAddress.Kv(new string('k', 1025)));
        Assert.Empty(_script.Requests);
    }
}
