using CsCheck;

namespace RaftCluster.Tests.Node.Http;

/// <summary>Random definitions, rows, patches and filters: the node says what a plain model in memory says.</summary>
public sealed class TableModelTests
{
    private static readonly Gen<string> _name = Gen.OneOf("a", "b", "c");
    private static readonly Gen<string> _key = Gen.OneOf("k", "l", "m/n");

    private static readonly Gen<string> _value = Gen.OneOf(
        "1", "1.0", "-2.50", "10", "\"x\"", "\"y\"", "\"\"", "true", "false", "[1]", "[]", "{\"k\":1}", "{\"l\":2}", "null");

    private static readonly Gen<Dictionary<string, string>> _members = Gen.Select(_name, _value).Array[0, 3]
        .Select(members => members.DistinctBy(member => member.Item1).ToDictionary(member => member.Item1, member => member.Item2));

    private static readonly Gen<List<ModelColumn>> _columns = Gen.Select(
        _name, Gen.OneOf("string", "number", "boolean", "object", "array", "any"), Gen.Bool, _value.Where(value => value != "null"), Gen.Bool,
        (name, type, nullable, value, hasDefault) =>
            new ModelColumn(name, type, nullable, hasDefault && (type == "any" || TableModel.TypeOf(value) == type) ? value : null))
        .Array[0, 3].Select(columns => columns.DistinctBy(column => column.Name).ToList());

    private static readonly Gen<object> _step = Gen.Frequency(
        (2, _columns.Select(columns => (object)columns)),
        (6, Gen.Select(_key, _members, (key, row) => (object)("PUT", key, row))),
        (4, Gen.Select(_key, _members, (key, row) => (object)("PATCH", key, row))),
        (1, _key.Select(key => (object)("DELETE", key, new Dictionary<string, string>()))),
        (4, Gen.Select(_name, Gen.OneOf("eq", "ne", "lt", "le", "gt", "ge"), _value, (name, comparison, value) => (object)(name, comparison, value))));

    [Fact]
    public async Task A_table_does_what_a_plain_model_does()
    {
        await using var node = await TestNode.LeaderAsync();
        var tables = 0;
        await Gen.Select(_columns, _step.Array[1, 25]).SampleAsync(
            async (columns, steps) => await RunAsync(node, $"t{tables++}", columns, steps), iter: 60, threads: 1);
    }

    private static async Task RunAsync(TestNode node, string table, List<ModelColumn> columns, object[] steps)
    {
        var model = new TableModel();
        Assert.True(model.Define(columns, isNew: true));
        Assert.Equal(201, (await DefineAsync(node, table, columns)).Status);
        foreach (var step in steps)
        {
            switch (step)
            {
                case List<ModelColumn> wanted:
                    Assert.Equal(model.Define(wanted, isNew: false) ? 200 : 409, (await DefineAsync(node, table, wanted)).Status);
                    break;
                case ("PUT", string key, Dictionary<string, string> row):
                    var isThere = (await node.GetAsync($"/v1/tables/{table}/rows/{key}")).Status == 200;
                    Assert.Equal(model.Put(key, row) ? isThere ? 200 : 201 : 400, (await SendAsync(node, "PUT", table, key, row)).Status);
                    break;
                case ("PATCH", string key, Dictionary<string, string> row):
                    Assert.Equal(
                        model.Patch(key, row) switch { true => 200, false => 400, null => 404 },
                        (await SendAsync(node, "PATCH", table, key, row)).Status);
                    break;
                case ("DELETE", string key, Dictionary<string, string>):
                    Assert.Equal(model.Delete(key) ? 200 : 404, (await node.SendAsync("DELETE", $"/v1/tables/{table}/rows/{key}")).Status);
                    break;
                case (string column, string comparison, string value):
                    await CompareAsync(node, table, $"?where={column}:{comparison}:{Uri.EscapeDataString(value)}", model.Where(column, comparison, value));
                    break;
            }

            await CompareAsync(node, table, "", model.Where(null, "", ""));
        }
    }

    private static async Task CompareAsync(TestNode node, string table, string query, List<(string Key, string Row)>? expected)
    {
        var answer = await node.GetAsync($"/v1/tables/{table}/rows{query}");
        if (expected is null)
        {
            Assert.Equal((400, "where"), (answer.Status, answer.Field));
            return;
        }

        Assert.Equal(
            expected.Select(row => $"{row.Key}={row.Row}"),
            answer.Json.GetProperty("items").EnumerateArray().Select(item => $"{item.GetProperty("key")}={item.GetProperty("value").GetRawText()}"));
    }

    private static Task<Answer> DefineAsync(TestNode node, string table, List<ModelColumn> columns) =>
        node.SendAsync("PUT", $"/v1/tables/{table}", $"{{\"columns\":[{string.Join(',', columns.Select(column => column.Json))}]}}");

    private static Task<Answer> SendAsync(TestNode node, string verb, string table, string key, Dictionary<string, string> row) => node.SendAsync(
        verb,
        $"/v1/tables/{table}/rows/{key}",
        "{" + string.Join(", ", row.Select(member => $"\"{member.Key}\" : {member.Value}")) + "}",
        verb == "PUT" ? "Content-Type: application/json" : "Content-Type: application/merge-patch+json");
}
