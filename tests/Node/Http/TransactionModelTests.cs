using System.Globalization;
using CsCheck;

namespace RaftCluster.Tests.Node.Http;

/// <summary>Random transactions on kv: the node answers what a sorted list in memory does, or leaves everything as it is.</summary>
public sealed class TransactionModelTests
{
    private static readonly Gen<string> _key = Gen.OneOf("a", "b", "b/c", "d");
    private static readonly Gen<string> _value = Gen.OneOf("1", "2.5", "text", "");

    private static readonly Gen<Step> _operation = Gen.Select(
        Gen.OneOf("put", "put", "put", "add", "delete", "deleteRange", "get", "range"), _key, _value,
        (name, key, value) => new Step(name, key, value));

    private static readonly Gen<Step> _condition = Gen.Select(
        Gen.OneOf("exists", "value", "version"), _key, Gen.OneOf("1", "2.5", "text", "0", "2"), (name, key, value) => new Step(name, key, value));

    private static readonly Gen<(Step[] If, Step[] Then, Step[] Else)> _transaction =
        Gen.Select(_condition.Array[0, 2], _operation.Array[0, 5], _operation.Array[0, 5]);

    [Fact]
    public async Task Transactions_do_what_a_plain_model_does()
    {
        await using var node = await TestNode.LeaderAsync();
        await _transaction.Array[1, 12].SampleAsync(
            async transactions =>
            {
                await node.SendAsync("DELETE", "/v1/kv?prefix=&all=true");
                var model = new SortedDictionary<string, (string Value, int Version)>(StringComparer.Ordinal);
                foreach (var (conditions, then, otherwise) in transactions)
                {
                    await CompareAsync(node, model, conditions, then, otherwise);
                }
            },
            iter: 60,
            threads: 1);
    }

    private static async Task CompareAsync(
        TestNode node, SortedDictionary<string, (string Value, int Version)> model, Step[] conditions, Step[] then, Step[] otherwise)
    {
        var before = node.Store.Applied.Revision;
        var answer = await node.SendAsync(
            "POST",
            "/v1/txn",
            $"{{\"if\":[{Join(conditions, Condition)}],\"then\":[{Join(then, Operation)}],\"else\":[{Join(otherwise, Operation)}]}}",
            "Content-Type: application/json");
        var succeeds = conditions.All(condition => Holds(model, condition));
        var after = new SortedDictionary<string, (string Value, int Version)>(model, StringComparer.Ordinal);
        var written = new HashSet<string>(StringComparer.Ordinal);
        var results = new List<string>();
        var branch = succeeds ? then : otherwise;
        foreach (var operation in branch)
        {
            if (Do(after, written, operation) is not { } result)
            {
                Assert.Equal((409, $"{(succeeds ? "then" : "else")}[{results.Count}]"), (answer.Status, answer.Field));
                Assert.Equal(before, node.Store.Applied.Revision);
                return;
            }

            results.Add(result);
        }

        Assert.Equal((200, succeeds), (answer.Status, answer.Json.GetProperty("succeeded").GetBoolean()));
        Assert.Equal(results, answer.Json.GetProperty("results").EnumerateArray().Select(Describe));
        Assert.InRange(node.Store.Applied.Revision, before, before + 1);
        model.Clear();
        foreach (var (key, row) in after)
        {
            model.Add(key, row);
        }

        Assert.Equal(
            model.Select(row => $"{row.Key}={row.Value.Value}@{row.Value.Version}"),
            (await node.GetAsync("/v1/kv")).Json.GetProperty("items").EnumerateArray()
                .Select(item => $"{item.GetProperty("key")}={item.GetProperty("value")}@{item.GetProperty("version")}"));
    }

    /// <summary>What an operation is answered, when it is done; null when it can't be.</summary>
    private static string? Do(SortedDictionary<string, (string Value, int Version)> rows, HashSet<string> written, Step operation)
    {
        switch (operation.Name)
        {
            case "put":
                return $"put {Write(rows, written, operation.Key, operation.Value)}";
            case "add":
                var held = rows.TryGetValue(operation.Key, out var row) ? row.Value : "0";
                if (!decimal.TryParse(held, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
                {
                    return null;
                }

                var sum = (number + 1.5m).ToString(CultureInfo.InvariantCulture);
                return $"add {sum} {Write(rows, written, operation.Key, sum)}";
            case "delete":
                return $"delete {(rows.Remove(operation.Key) ? "True" : "False")}";
            case "deleteRange":
                var meant = rows.Keys.Where(key => key.StartsWith(operation.Key, StringComparison.Ordinal)).ToList();
                meant.ForEach(key => rows.Remove(key));
                return $"deleteRange {meant.Count}";
            case "get":
                return $"get {(rows.TryGetValue(operation.Key, out var got) ? got.Value : null)}";
            default:
                return $"range {string.Join(' ', rows.Keys.Where(key => string.CompareOrdinal(key, operation.Key) >= 0).Take(2))}";
        }
    }

    /// <summary>A row ends a transaction with one new version at most; removed and written again, it begins anew.</summary>
    private static int Write(
        SortedDictionary<string, (string Value, int Version)> rows, HashSet<string> written, string key, string value)
    {
        var isFirst = written.Add(key);
        var version = !rows.TryGetValue(key, out var row) ? 1 : isFirst ? row.Version + 1 : row.Version;
        rows[key] = (value, version);
        return version;
    }

    private static bool Holds(SortedDictionary<string, (string Value, int Version)> rows, Step condition)
    {
        var isThere = rows.TryGetValue(condition.Key, out var row);
        return condition.Name switch
        {
            "exists" => isThere,
            "value" => isThere && row.Value == condition.Value,
            _ => (isThere ? row.Version : 0) >= 2,
        };
    }

    private static string Condition(Step condition) => $"{{\"key\":\"{condition.Key}\"," + condition.Name switch
    {
        "exists" => "\"exists\":true}",
        "value" => $"\"value\":\"{condition.Value}\"}}",
        _ => "\"version\":2,\"op\":\"ge\"}",
    };

    private static string Operation(Step operation) => $"{{\"op\":\"{operation.Name}\"," + operation.Name switch
    {
        "put" => $"\"key\":\"{operation.Key}\",\"value\":\"{operation.Value}\"}}",
        "add" => $"\"key\":\"{operation.Key}\",\"by\":1.5}}",
        "deleteRange" => $"\"prefix\":\"{operation.Key}\"}}",
        "range" => $"\"start\":\"{operation.Key}\",\"keys\":true,\"limit\":2}}",
        _ => $"\"key\":\"{operation.Key}\"}}",
    };

    private static string Describe(System.Text.Json.JsonElement result)
    {
        var name = result.GetProperty("op").GetString();
        return name switch
        {
            "put" => $"put {result.GetProperty("version")}",
            "add" => $"add {result.GetProperty("value").GetRawText()} {result.GetProperty("version")}",
            "delete" or "deleteRange" => $"{name} {result.GetProperty("deleted")}",
            "get" => $"get {(result.GetProperty("row") is { ValueKind: System.Text.Json.JsonValueKind.Object } row ? row.GetProperty("value").GetString() : null)}",
            _ => $"range {string.Join(' ', result.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("key").GetString()))}",
        };
    }

    private static string Join(Step[] steps, Func<Step, string> form) => string.Join(',', steps.Select(form));

    internal sealed record Step(string Name, string Key, string Value);
}
