using System.Text.Json;
using RaftCluster.Tests.Architecture;

namespace RaftCluster.Tests.Node.Http;

/// <summary>
/// Every operation of openapi.json refuses a wrong value of each of its parameters and headers, and each wrong body, by name,
/// and nothing changes. An operation, parameter or body that is new there fails here until its bad input is written down.
/// </summary>
public sealed class EveryEndpointInputTests
{
    private static readonly string _long = new('x', 2_000);

    /// <summary>Parameters, by where they are and their names → values that no operation may take.</summary>
    private static readonly Dictionary<string, string[]> _wrong = new(StringComparer.Ordinal)
    {
        ["path key"] = ["", "%ff", "a%2", _long],
        ["path table"] = ["t!", "%ff", "0t", new string('t', 129)],
        ["path id"] = ["0", "-1", "x", "1/2", "99999999999999999999"],
        ["path id /v1/members/{id}"] = ["", "%ff", "a%20b", "a/b", new string('m', 65)],
        ["path name"] = ["", "%ff", "a%zz", _long],
        ["query prefix"] = ["%ff", _long],
        ["query start"] = ["%ff", _long],
        ["query end"] = ["%ff", _long],
        ["query limit"] = ["0", "-1", "x", "1.5", "100001"],
        ["query after"] = ["x", "AAAA"],
        ["query keys"] = ["maybe", "1"],
        ["query count"] = ["maybe", "1"],
        ["query order"] = ["up", ""],
        ["query where"] = ["n", "n:is:1", "z:eq:1", "n:eq:x", ":eq:1"],
        ["query rev"] = ["0", "-1", "x", "999", "99999999999999999999"],
        ["query all"] = ["maybe", "1"],
        ["query ttl"] = ["10", "soon", "-1s", "1ms", "25h", ""],
        ["query lease"] = ["0", "-1", "x", ""],
        ["query since"] = ["x", "-1", "999", "99999999999999999999", ""],
        ["query lines"] = ["0", "-1", "x", "99999999999", ""],
        ["query wait"] = ["5", "-5s", "61m", ""],
        ["query owner"] = ["", new string('o', 257)],
        ["query guard-table"] = ["t!", "$locks", ""],
        ["query fence"] = ["0", "x", "l;x"],
        ["query force"] = ["maybe", "1"],
        ["query from"] = ["-1", "x", "", "99999999999999999999"],
        ["query table"] = ["", new string('t', 129)],
        ["query op"] = ["", "snapshot", "insert,x"],
        ["query verbose"] = ["maybe"],
        ["header Last-Event-ID"] = ["x", "-1", "9223372036854775807"],
        ["header Raft-Consistency"] = ["strong", ""],
        ["header Raft-Session"] = ["nonsense", "AAAA"],
        ["header Raft-Max-Staleness"] = ["soon", "5", "-1s"],
        ["header Raft-Wait"] = ["5", "-5s", "61m", "soon"],
        ["header Raft-Fallback"] = ["follower"],
        ["header Raft-Forward"] = ["always"],
        ["header Raft-Durability"] = ["most"],
        ["header Raft-Fence"] = ["l", "l;0", "l;x", ";1", "l;-1", "%ff;1", "l;1,"],
        ["header Idempotency-Key"] = ["", new string('k', 129), "ä"],
        ["header If-Match"] = ["1", "\"1", "*, \"1\""],
        ["header If-None-Match"] = ["1", "\"1", "*, \"1\""],
    };

    private const string _batch = """{"items":[{"op":"delete","key":"a"}]}""";

    /// <summary>Parameters that have no wrong value, or whose wrong value is no malformed request.</summary>
    private static readonly HashSet<string> _free =
    [
        // An unknown code or file is a resource that is not there; a media type that is not served falls back to the first one.
        "path code", "path file", "header Accept",
        // Its two meanings, a prefix and what becomes of guards, are told apart in the cases below.
        "query guard",
    ];

    /// <summary>Bodies: operation → wrong body and what is wrong in it.</summary>
    private static readonly Dictionary<string, (string Body, string Field)[]> _bodies = new(StringComparer.Ordinal)
    {
        // Any bytes are a value.
        ["PUT /v1/kv/{key}"] = [],
        ["PUT /v1/tables/{table}"] =
        [
            ("", "body"), ("[]", "body"), ("{", "body"), ("""{"colums":[]}""", "colums"), ("""{"columns":1}""", "columns"),
            ("""{"columns":[{"name":"a","type":"text"}]}""", "columns[0].type"), ("""{"columns":[{"type":"any"}]}""", "columns[0].name"),
            ("""{"columns":[{"name":"a","type":"number","default":"x"}]}""", "columns[0].default"), ("""{"key":"made"}""", "key"),
        ],
        ["POST /v1/tables/{table}/rows"] = [("", "body"), ("1", "body"), ("{", "body"), ("""{"s":1}""", "s"), ("""{"s":"x","z":1}""", "z"), ("{}", "s")],
        ["PUT /v1/tables/{table}/rows/{key}"] = [("", "body"), ("[]", "body"), ("{", "body"), ("""{"s":1}""", "s"), ("""{"s":"x","z":1}""", "z"), ("{}", "s")],
        ["PATCH /v1/tables/{table}/rows/{key}"] = [("", "body"), ("[]", "body"), ("{", "body"), ("""{"s":1}""", "s"), ("""{"z":1}""", "z"), ("""{"s":null}""", "s")],
        ["POST /v1/txn"] =
        [
            ("", "body"), ("[]", "body"), ("{", "body"), ("""{"thn":[]}""", "thn"), ("""{"then":{}}""", "then"), ("""{"then":[1]}""", "then[0]"),
            ("""{"then":[{"op":"putt","key":"a"}]}""", "then[0].op"), ("""{"then":[{"op":"delete"}]}""", "then[0].key"),
            ("""{"then":[{"op":"get","key":"a"},{"op":"put","key":"a","value":1}]}""", "then[1].value"),
            ("""{"else":[{"op":"put","key":"a","value":"x","ttl":"soon"}]}""", "else[0].ttl"),
            ("""{"else":[{"op":"put","key":"a","value":"x","lease":"17"}]}""", "else[0].lease"),
            ("""{"then":[{"op":"add","key":"a","by":"1"}]}""", "then[0].by"), ("""{"then":[{"op":"range","prefix":"a","limit":0}]}""", "then[0].limit"),
            ("""{"then":[{"op":"put","table":"t","key":"a","value":{"s":1}}]}""", "then[0].value.s"),
            ("""{"then":[{"op":"put","table":"$locks","key":"a","value":{}}]}""", "then[0].table"),
            ("""{"if":[{"key":"a"}]}""", "if[0]"), ("""{"if":[{"key":"a","revision":"x"}]}""", "if[0].revision"),
            ("""{"if":[{"key":"a","exists":true,"op":"is"}]}""", "if[0].op"),
        ],
        ["POST /v1/batch"] =
        [
            ("", "body"), ("[]", "body"), ("{", "body"), ("{}", "items"), ("""{"itms":[]}""", "itms"), ("""{"items":{}}""", "items"), ("""{"items":[]}""", "items"),
            ("""{"items":[1]}""", "items[0]"), ("""{"items":[{}]}""", "items[0]"), ("""{"items":[{"op":"putt","key":"a"}]}""", "items[0].op"),
            ("""{"items":[{"op":"get","key":"a"}]}""", "items[0].op"), ("""{"items":[{"op":"deleteRange","prefix":"a"}]}""", "items[0].op"),
            ("""{"items":[{"op":"delete","key":"a"},{"op":"delete"}]}""", "items[1].key"),
            ("""{"items":[{"op":"put","key":"a","value":1}]}""", "items[0].value"), ("""{"items":[{"op":"put","key":"a","value":"x","valu":"x"}]}""", "items[0].valu"),
            ("""{"items":[{"op":"put","key":"a","value":"x","idempotencyKey":""}]}""", "items[0].idempotencyKey"),
            ("""{"items":[{"op":"put","key":"a","value":"x","idempotencyKey":7}]}""", "items[0].idempotencyKey"),
            ("""{"items":[{"op":"put","table":"$locks","key":"a","value":{}}]}""", "items[0].table"),
            ("""{"items":[{"thn":[]}]}""", "items[0].thn"), ("""{"items":[{"then":{}}]}""", "items[0].then"), ("""{"items":[{"then":[1]}]}""", "items[0].then[0]"),
            ("""{"items":[{"then":[{"op":"put","key":"a","value":"x"},{"op":"range","prefix":"a"}]}]}""", "items[0].then[1].op"),
            ("""{"items":[{"if":[{"key":"a"}],"then":[{"op":"delete","key":"a"}]}]}""", "items[0].if[0]"),
        ],
        ["POST /v1/leases"] =
        [
            ("", "body"), ("[]", "body"), ("{", "body"), ("{}", "ttl"), ("""{"ttl":10}""", "ttl"), ("""{"ttl":"soon"}""", "ttl"), ("""{"ttl":"1ms"}""", "ttl"),
            ("""{"ttl":"10s","owner":1}""", "owner"), ("""{"ttl":"10s","id":1}""", "id"),
        ],
        ["POST /v1/compact"] = [("", "body"), ("[]", "body"), ("{}", "revision"), ("""{"revision":"1"}""", "revision"), ("""{"revision":999}""", "revision"), ("""{"to":1}""", "to")],
        ["POST /v1/members"] =
        [
            ("", "body"), ("[]", "body"), ("{", "body"), ("{}", "id"), ("{\"id\":1}", "id"), ("{\"name\":\"n4\"}", "name"),
            (Member("a b", "http://127.0.0.1:1", "127.0.0.1:1"), "id"), (Member("n4", "h", "127.0.0.1:1"), "url"), (Member("n4", "http://127.0.0.1:1", "h"), "peer"),
            (Member("n4", "http://127.0.0.1:1", "127.0.0.1:1", ",\"role\":\"voter\""), "role"),
            (Member("n4", "http://127.0.0.1:1", "127.0.0.1:1", ",\"promote\":\"soon\""), "promote"),
        ],
        ["PATCH /v1/members/{id}"] =
        [
            ("", "body"), ("[]", "body"), ("{", "body"), ("{}", "body"), ("{\"id\":\"other\"}", "id"), ("{\"url\":\"h\"}", "url"), ("{\"peer\":\"h\"}", "peer"),
            ("{\"role\":\"leader\"}", "role"), ("{\"role\":1}", "role"), ("{\"promote\":\"soon\"}", "promote"), ("{\"rol\":\"voter\"}", "rol"),
        ],
        ["POST /v1/cluster/leader"] = [("[]", "body"), ("{", "body"), ("""{"to":1}""", "body"), ("""{"too":"n1"}""", "too")],
        ["POST /v1/cluster/failover"] = [("[]", "body"), ("{", "body"), ("""{"to":1}""", "body"), ("""{"too":"n1"}""", "too")],
        ["POST /v1/cluster/drain"] = [("[]", "body"), ("{", "body"), ("""{"node":1}""", "body"), ("""{"nod":"n1"}""", "nod")],
        ["POST /v1/cluster/undrain"] = [("[]", "body"), ("{", "body"), ("""{"node":1}""", "body"), ("""{"nod":"n1"}""", "nod")],
    };

    /// <summary>Further cases: what goes with what. verb, target, headers, body, field</summary>
    private static readonly (string Verb, string Target, string[] Headers, string? Body, string Field)[] _together =
    [
        ("PUT", "/v1/kv/a?ttl=10s&lease=5", [], "v", "lease"),
        ("PUT", "/v1/kv/a?ttl=10s&ttl=10s", [], "v", "ttl"),
        ("POST", "/v1/tables/t/rows?ttl=10s&lease=5", [], """{"s":"x"}""", "lease"),
        ("GET", "/v1/kv?prefix=a&start=b", [], null, "prefix"),
        ("GET", "/v1/tables/t/rows?start=b&end=a", [], null, "end"),
        ("GET", "/v1/kv?where=n:eq:1", [], null, "where"),
        ("DELETE", "/v1/kv?prefix=", [], null, "prefix"),
        ("DELETE", "/v1/tables/t/rows", [], null, "prefix"),
        ("PUT", "/v1/locks/l?guard-table=t", [], null, "guard-table"),
        ("PUT", $"/v1/locks/l?guard={_long}", [], null, "guard"),
        ("DELETE", "/v1/locks/l?owner=me&guard=keep", [], null, "guard"),
        ("DELETE", "/v1/locks/l", [], null, "owner"),
        ("PUT", "/v1/kv/a?idempotency-key=k", ["Idempotency-Key: k"], "v", "idempotency-key"),
        ("PUT", "/v1/kv/a?fence=l;1", ["Raft-Fence: l;1"], "v", "fence"),
        ("PUT", "/v1/kv/a", ["Raft-Fences: l;1"], "v", "Raft-Fences"),
        ("PUT", "/v1/leases/5", ["If-Match: *"], null, "If-Match"),
        ("GET", "/v1/changes?from=1", ["If-None-Match: *"], null, "If-None-Match"),
        ("POST", "/v1/txn", ["If-Match: *"], "{}", "If-Match"),
        ("POST", "/v1/batch", ["If-Match: *"], _batch, "If-Match"),
        ("POST", "/v1/batch", ["Idempotency-Key: k"], _batch, "Idempotency-Key"),
        ("POST", "/v1/batch?all=true", [], _batch, "all"),
    ];

    private static JsonElement Document { get; } =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "src/Node/Http/openapi.json"))).RootElement;

    /// <summary>Every operation, as <c>PUT /v1/kv/{key}</c>.</summary>
    public static TheoryData<string> Operations =>
        [.. Document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()
            .Where(verb => verb.Name != "parameters")
            .Select(verb => $"{verb.Name.ToUpperInvariant()} {path.Name}"))];

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task An_operation_refuses_each_wrong_value_of_each_parameter_by_name(string operation)
    {
        await using var node = await FilledAsync();
        var (verb, path) = (operation[..operation.IndexOf(' ')], operation[(operation.IndexOf(' ') + 1)..]);
        var body = RightBody(operation);
        await RefusedAsync(node, verb, $"{At(path)}?nonsense=1", [], body, "nonsense");
        foreach (var (place, name) in Parameters(operation, path))
        {
            if (_free.Contains($"{place} {name}"))
            {
                continue;
            }

            Assert.True(
                _wrong.TryGetValue($"{place} {name} {path}", out var values) || _wrong.TryGetValue($"{place} {name}", out values),
                $"no bad input is written down for {place} {name} of {operation}");
            foreach (var value in values)
            {
                await RefuseAsync(node, verb, path, place, name, value, body);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task An_operation_refuses_each_wrong_body_and_says_where_it_is_wrong(string operation)
    {
        var hasBody = Of(operation).TryGetProperty("requestBody", out _);
        Assert.True(hasBody == _bodies.ContainsKey(operation), $"the wrong bodies of {operation} are not written down, or it takes none");
        await using var node = await FilledAsync();
        foreach (var (body, field) in _bodies.GetValueOrDefault(operation, []))
        {
            await RefusedAsync(node, operation[..operation.IndexOf(' ')], At(operation[(operation.IndexOf(' ') + 1)..]), [], body, field);
        }
    }

    [Fact]
    public async Task What_can_not_be_asked_together_is_refused_by_the_name_of_one()
    {
        await using var node = await FilledAsync();
        foreach (var (verb, target, headers, body, field) in _together)
        {
            await RefusedAsync(node, verb, target, headers, body, field);
        }
    }

    [Fact]
    public void Nothing_is_written_down_for_what_is_not_there()
    {
        var known = Operations.SelectMany(operation => Parameters(operation.Data, operation.Data[(operation.Data.IndexOf(' ') + 1)..]))
            .Select(parameter => $"{parameter.Place} {parameter.Name}")
            .Append("path id /v1/members/{id}").ToHashSet();

        Assert.Empty(_wrong.Keys.Concat(_free).Except(known));
        Assert.Empty(_bodies.Keys.Except(Operations.Select(operation => operation.Data)));
    }

    private static async Task RefuseAsync(TestNode node, string verb, string path, string place, string name, string value, string? body)
    {
        switch (place)
        {
            case "path":
                await RefusedAsync(node, verb, At(path.Replace($"{{{name}}}", value, StringComparison.Ordinal)), [], body, name);
                break;
            case "query":
                await RefusedAsync(node, verb, $"{At(path)}?{name}={value}", [], body, name);
                break;
            default:
                string[] beside = name == "Raft-Max-Staleness" ? ["Raft-Consistency: bounded"] : [];
                if (value.Length > 0 && char.IsAscii(value[0]))
                {
                    await RefusedAsync(node, verb, At(path), [.. beside, $"{name}: {value}"], body, name);
                }

                if (name.StartsWith("Raft-", StringComparison.Ordinal) && !(name == "Raft-Fence" && path.StartsWith("/v1/locks/", StringComparison.Ordinal)))
                {
                    // The same as a parameter.
                    var parameter = name["Raft-".Length..].ToLowerInvariant();
                    await RefusedAsync(node, verb, $"{At(path)}?{parameter}={Uri.EscapeDataString(value)}", beside, body, parameter);
                }

                break;
        }
    }

    private static async Task RefusedAsync(TestNode node, string verb, string target, string[] headers, string? body, string field)
    {
        var before = node.Store.Applied;
        string[] type = body is null || verb is "GET" or "HEAD" ? [] : ["Content-Type: application/json"];
        var answer = await node.SendAsync(verb, target, body, [.. headers, .. type]);
        var what = $"{verb} {(target.Length < 120 ? target : target[..120])} [{string.Join(", ", headers)}] {body}";
        Assert.True(answer.Status == 400, $"{what}: {answer.Status} {answer.Text}");
        Assert.Equal(before, node.Store.Applied);
        if (verb != "HEAD")
        {
            Assert.True(answer.Code == "malformed" && answer.Outcome == "not-applied", $"{what}: {answer.Text}");
            Assert.True(answer.Field == field, $"{what}: {field} is wrong, not {answer.Field}: {answer.Text}");
            Assert.Contains(answer.Field!.Split('.', '[')[0], answer.Json.GetProperty("detail").GetString(), StringComparison.OrdinalIgnoreCase);
            Assert.False(answer.Json.GetProperty("retryable").GetBoolean());
        }
    }

    private static JsonElement Of(string operation) => Document.GetProperty("paths")
        .GetProperty(operation[(operation.IndexOf(' ') + 1)..])
        .GetProperty(operation[..operation.IndexOf(' ')].ToLowerInvariant());

    private static IEnumerable<(string Place, string Name)> Parameters(string operation, string path)
    {
        var own = Of(operation).TryGetProperty("parameters", out var written) ? written.EnumerateArray().ToArray() : [];
        var shared = Document.GetProperty("paths").GetProperty(path).TryGetProperty("parameters", out written) ? written.EnumerateArray().ToArray() : [];
        return own.Concat(shared).Select(Resolve).Select(each => (each.GetProperty("in").GetString()!, each.GetProperty("name").GetString()!));
    }

    private static JsonElement Resolve(JsonElement parameter) => !parameter.TryGetProperty("$ref", out var reference)
        ? parameter
        : reference.GetString()!.Split('/').Skip(1).Aggregate(Document, (at, name) => at.GetProperty(name));

    /// <summary>The path with what is there.</summary>
    private static string At(string path) => path
        .Replace("{key}", path.Contains("/rows/", StringComparison.Ordinal) ? "r" : "a", StringComparison.Ordinal)
        .Replace("{table}", "t", StringComparison.Ordinal)
        .Replace("{id}", "4", StringComparison.Ordinal)
        .Replace("{name}", "l", StringComparison.Ordinal)
        .Replace("{code}", "malformed", StringComparison.Ordinal)
        .Replace("{file}", "index.html", StringComparison.Ordinal);

    private static string? RightBody(string operation) => operation switch
    {
        "PUT /v1/kv/{key}" => "v",
        "PUT /v1/tables/{table}" => """{"columns":[]}""",
        _ when operation.StartsWith("POST /v1/tables/", StringComparison.Ordinal) => """{"s":"x"}""",
        _ when operation.StartsWith("PUT /v1/tables/", StringComparison.Ordinal) => """{"s":"x"}""",
        "PATCH /v1/members/{id}" => """{"role":"learner"}""",
        _ when operation.StartsWith("PATCH ", StringComparison.Ordinal) => """{"s":"x"}""",
        "POST /v1/txn" => "{}",
        "POST /v1/batch" => _batch,
        "POST /v1/leases" => """{"ttl":"10s"}""",
        "POST /v1/compact" => """{"revision":1}""",
        _ when operation.StartsWith("POST ", StringComparison.Ordinal) => "",
        _ => null,
    };

    private static string Member(string id, string url, string peer, string rest = "") =>
        $"{{\"id\":\"{id}\",\"url\":\"{url}\",\"peer\":\"{peer}\"{rest}}}";

    /// <summary>A leader with the row a (1), the table t (2) with the row r (3), the lease 4, and the lock l (5).</summary>
    private static async Task<TestNode> FilledAsync()
    {
        var node = await TestNode.LeaderAsync();
        await node.PutAsync("a", "v");
        await node.SendAsync("PUT", "/v1/tables/t", """{"columns":[{"name":"s","type":"string"},{"name":"n","type":"number","nullable":true}]}""");
        await node.SendAsync("PUT", "/v1/tables/t/rows/r", """{"s":"x"}""");
        await node.SendAsync("POST", "/v1/leases", """{"ttl":"1h"}""");
        await node.SendAsync("PUT", "/v1/locks/l?owner=me&ttl=1h");
        Assert.Equal(5, node.Store.Applied.Revision);
        return node;
    }
}
