using System.Text.Json;
using RaftCluster.Node.Http;

namespace RaftCluster.Tests.Node.Http;

/// <summary>The document says what the code does: no more, no less.</summary>
public sealed class OpenApiTests
{
    [Fact]
    public async Task It_has_every_route_and_verb_and_no_other()
    {
        var document = await DocumentAsync();
        var written = document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject()
                .Where(verb => verb.Name != "parameters")
                .Select(verb => $"{verb.Name.ToUpperInvariant()} {path.Name}"));
        var routed = Routes.All.SelectMany(route => route.Verbs.Select(verb => $"{verb.Verb} {route.Path}"));

        Assert.Equal(routed.Order(StringComparer.Ordinal), written.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task It_has_every_problem_and_no_other()
    {
        var document = await DocumentAsync();
        var written = document.GetProperty("components").GetProperty("schemas").GetProperty("Problem")
            .GetProperty("properties").GetProperty("code").GetProperty("enum").EnumerateArray().Select(code => code.GetString()!);

        Assert.Equal(
            Enum.GetValues<ProblemCode>().Select(code => Statuses.Text(code).Code).Order(StringComparer.Ordinal),
            written.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task It_has_every_request_header_and_every_parameter_of_a_range()
    {
        var document = await DocumentAsync();
        var headers = document.GetProperty("components").GetProperty("parameters").EnumerateObject()
            .Where(parameter => parameter.Value.GetProperty("in").GetString() == "header")
            .Select(parameter => parameter.Value.GetProperty("name").GetString()!);
        var range = document.GetProperty("paths").GetProperty("/v1/kv").GetProperty("get").GetProperty("parameters").EnumerateArray()
            .Select(parameter => Resolve(document, parameter))
            .Where(parameter => parameter.GetProperty("in").GetString() == "query")
            .Select(parameter => parameter.GetProperty("name").GetString()!);

        Assert.Equal(RequestTermNames.ClientHeaders, headers.Order(StringComparer.Ordinal));
        Assert.Equal(RangeQuery.Parameters.Order(StringComparer.Ordinal), range.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_reference_in_it_leads_somewhere()
    {
        var document = await DocumentAsync();
        var references = new List<string>();
        Collect(document, references);

        Assert.NotEmpty(references);
        Assert.All(references, reference => Resolve(document, reference));
    }

    [Fact]
    public async Task Every_answer_in_it_has_the_headers_that_every_answer_carries()
    {
        var document = await DocumentAsync();
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            foreach (var verb in path.Value.EnumerateObject().Where(verb => verb.Name != "parameters"))
            {
                foreach (var answer in verb.Value.GetProperty("responses").EnumerateObject())
                {
                    var headers = Resolve(document, answer.Value).GetProperty("headers");
                    Assert.True(headers.TryGetProperty("Raft-Session", out _), $"{verb.Name} {path.Name} {answer.Name}");
                }
            }
        }
    }

    [Fact]
    public async Task What_a_problem_points_at_is_there()
    {
        await using var node = await TestNode.LeaderAsync();
        foreach (var code in Enum.GetValues<ProblemCode>())
        {
            var answer = await node.GetAsync($"/problems/{Statuses.Text(code).Code}");

            Assert.Equal((200, Statuses.Of(code)), (answer.Status, answer.Json.GetProperty("status").GetInt32()));
        }
    }

    private static async Task<JsonElement> DocumentAsync()
    {
        await using var node = await TestNode.LeaderAsync();
        var answer = await node.GetAsync("/openapi.json");
        Assert.Equal("3.1.0", answer.Json.GetProperty("openapi").GetString());
        return answer.Json;
    }

    private static JsonElement Resolve(JsonElement document, JsonElement element) =>
        element.TryGetProperty("$ref", out var reference) ? Resolve(document, reference.GetString()!) : element;

    private static JsonElement Resolve(JsonElement document, string reference) =>
        reference.Split('/').Skip(1).Aggregate(document, (at, name) => at.GetProperty(name));

    private static void Collect(JsonElement element, List<string> references)
    {
        if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in element.EnumerateObject())
            {
                if (property.Name == "$ref")
                {
                    references.Add(property.Value.GetString()!);
                }

                Collect(property.Value, references);
            }
        }
        else if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray())
            {
                Collect(item, references);
            }
        }
    }
}
