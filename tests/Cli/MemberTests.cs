using System.Text;
using System.Text.Json;
using RaftCluster.Cli;

namespace RaftCluster.Tests.Cli;

public sealed class MemberTests
{
    private const string Members = """
        {"cluster":"c","clusterId":"000000000000004d","epoch":1,"index":7,"term":2,"committed":true,"members":[
        {"id":"n1","role":"voter","promote":"auto","url":"http://127.0.0.1:1","peer":"127.0.0.1:2","matchIndex":50,"lag":0,"lastContactMs":0},
        {"id":"n2","role":"learner","promote":"manual","url":"http://127.0.0.1:3","peer":"127.0.0.1:4","matchIndex":41,"lag":9}]}
        """;

    [Fact]
    public async Task The_members_are_listed_for_people_and_for_programs()
    {
        await using var node = await NodeAsync();
        _ = node.On("GET", "/v1/members", 200, Members);
        var (table, json) = (new Prompt { Endpoints = node.Url }, new Prompt { Endpoints = node.Url });

        Assert.Equal(ExitCodes.Ok, await table.RunAsync("member", "list"));
        Assert.Contains("learner", table.Out, StringComparison.Ordinal);
        Assert.Contains("never", table.Out, StringComparison.Ordinal);

        Assert.Equal(ExitCodes.Ok, await json.RunAsync("member", "list", "--json"));
        using var said = JsonDocument.Parse(json.Out);
        Assert.Equal(7, said.RootElement.GetProperty("index").GetInt64());
        Assert.Equal(9, said.RootElement.GetProperty("members")[1].GetProperty("lag").GetInt64());
    }

    [Theory]
    [InlineData("POST /v1/members", """{"id":"n2","url":"http://127.0.0.1:3","peer":"127.0.0.1:4","promote":"auto"}""", "add", "n2", "http://127.0.0.1:3", "127.0.0.1:4")]
    [InlineData("POST /v1/members", """{"id":"n2","url":"u","peer":"p","promote":"never"}""", "add", "n2", "u", "p", "--promote", "never")]
    [InlineData("PATCH /v1/members/n2", """{"role":"voter"}""", "promote", "n2")]
    [InlineData("PATCH /v1/members/n2", """{"role":"learner"}""", "demote", "n2")]
    [InlineData("PATCH /v1/members/n2", """{"peer":"127.0.0.1:9"}""", "move", "n2", "--peer", "127.0.0.1:9")]
    [InlineData("DELETE /v1/members/n2", "", "remove", "n2")]
    public async Task A_change_is_one_request(string request, string body, params string[] words)
    {
        await using var node = await NodeAsync();
        var parts = request.Split(' ');
        _ = node.On(parts[0], parts[1], 200, Members);
        var prompt = new Prompt { Endpoints = node.Url };

        Assert.Equal(ExitCodes.Ok, await prompt.RunAsync(["member", .. words]));
        var asked = Assert.Single(node.Requests, asked => asked.Line == request);
        Assert.Equal(body, Encoding.UTF8.GetString(asked.Body));
    }

    [Theory]
    [InlineData(409, "would-lose-quorum", ExitCodes.Refused)]
    [InlineData(409, "member-exists", ExitCodes.Refused)]
    [InlineData(409, "address-taken", ExitCodes.Refused)]
    [InlineData(409, "too-many-members", ExitCodes.Refused)]
    [InlineData(400, "malformed", ExitCodes.Refused)]
    [InlineData(404, "no-such-member", ExitCodes.NotFound)]
    public async Task A_refusal_has_its_name_and_its_exit_code(int status, string code, int exitCode)
    {
        await using var node = await NodeAsync();
        _ = node.Problem("DELETE", "/v1/members/n2", status, code, "not-applied");
        var prompt = new Prompt { Endpoints = node.Url };

        Assert.Equal(exitCode, await prompt.RunAsync("member", "remove", "n2", "--json"));
        using var said = JsonDocument.Parse(prompt.Error);
        Assert.Equal((code, "not-applied"), (said.RootElement.GetProperty("error").GetString(), said.RootElement.GetProperty("outcome").GetString()));
    }

    [Fact]
    public async Task A_replacement_adds_waits_for_the_vote_and_removes()
    {
        await using var node = await NodeAsync();
        _ = node.On("GET", "/v1/members", 200, Members.Replace("learner", "voter", StringComparison.Ordinal));
        _ = node.On("POST", "/v1/members", 201, Members);
        _ = node.On("DELETE", "/v1/members/n1", 200, Members);
        var prompt = new Prompt { Endpoints = node.Url };

        Assert.Equal(ExitCodes.Ok, await prompt.RunAsync("member", "replace", "n1", "n2", "http://127.0.0.1:3", "127.0.0.1:4"));
        Assert.Equal(
            ["GET /v1/members", "POST /v1/members", "GET /v1/members", "DELETE /v1/members/n1"],
            node.Requests.Select(asked => asked.Line).Where(line => line.Contains("/v1/members", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_replacement_that_does_not_catch_up_removes_nothing()
    {
        await using var node = await NodeAsync();
        _ = node.On("GET", "/v1/members", 200, Members);
        _ = node.On("POST", "/v1/members", 201, Members);
        var prompt = new Prompt { Endpoints = node.Url };

        Assert.Equal(
            ExitCodes.Refused,
            await prompt.RunAsync("member", "replace", "n1", "n2", "http://127.0.0.1:3", "127.0.0.1:4", "--within", "1ms"));
        Assert.Contains("nothing was removed", prompt.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(node.Requests, asked => asked.Line.StartsWith("DELETE", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("member", "add", "n2")]
    [InlineData("member", "move", "n2")]
    [InlineData("member", "add", "n2", "u", "p", "--promote", "soon")]
    public async Task A_command_that_lacks_something_is_2_and_points_to_its_help(params string[] words)
    {
        var prompt = new Prompt { Endpoints = "http://127.0.0.1:1" };
        Assert.Equal(ExitCodes.Usage, await prompt.RunAsync(words));
        Assert.Contains($"See 'raftctl member {words[1]} --help'.", prompt.Error, StringComparison.Ordinal);
    }

    private static async Task<FakeNode> NodeAsync()
    {
        var node = await FakeNode.StartAsync();
        return node.On("GET", "/v1/cluster", 200, """{"id":"c","node":"n1","role":"leader","leader":null,"members":[]}""");
    }
}
