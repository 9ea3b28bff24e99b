using System.Net;
using System.Text;
using System.Text.Json;
using RaftCluster.Node.Auditing;
using RaftCluster.Tests.Node.Http;
using RaftCluster.Tests.StateMachine;

namespace RaftCluster.Tests.Node.Auditing;

/// <summary>The audit log: each line whole, old files in bounded number, and nothing done that can't be written.</summary>
public sealed class AuditLogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string File => _folder.Sub("audit.jsonl");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_action_is_two_lines_that_share_an_id()
    {
        using var log = new AuditLog(File, 1 << 20, "n1", TimeProvider.System);
        var entry = await log.BeginAsync(Action("a\nb"));
        Assert.Single(Lines());
        await log.EndAsync(entry, AuditLog.Applied, json => json.WriteNumber("status", 200));

        var lines = Lines();
        Assert.Equal(["requested", "outcome"], lines.Select(line => line.GetProperty("phase").GetString()));
        Assert.Equal("a\nb", lines[0].GetProperty("what").GetString());
        Assert.Equal(("n1", 200, "applied"), (lines[1].GetProperty("node").GetString(), lines[1].GetProperty("status").GetInt32(), lines[1].GetProperty("outcome").GetString()));
        Assert.Equal(lines[0].GetProperty("id").GetString(), lines[1].GetProperty("id").GetString());
    }

    [Fact]
    public async Task Actions_at_the_same_time_never_share_a_line()
    {
        using var log = new AuditLog(File, 1 << 20, "n1", TimeProvider.System);
        await Task.WhenAll(Enumerable.Range(0, 40).Select(at => Task.Run(() => log.NoteAsync(Action($"{at}")).AsTask())));

        Assert.Equal(40, Lines().Count);
    }

    [Fact]
    public async Task Files_are_renamed_when_they_are_full_and_the_oldest_goes()
    {
        using var log = new AuditLog(File, 700, "n1", TimeProvider.System);
        for (var at = 0; at < 60; at++)
        {
            await log.NoteAsync(Action($"number {at} {new string('x', 100)}"));
        }

        var files = Directory.EnumerateFiles(_folder.Path).Select(Path.GetFileName).Order().ToList();
        Assert.Equal(["audit.jsonl", .. Enumerable.Range(1, AuditFile.Old).Select(at => $"audit.jsonl.{at}")], files);
        Assert.All(files, file => Assert.InRange(new FileInfo(_folder.Sub(file!)).Length, 1, 700));
        Assert.Contains("number 59", System.IO.File.ReadAllText(File), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_crash_left_of_a_line_stays_by_itself()
    {
        await System.IO.File.WriteAllTextAsync(File, "{\"phase\":\"requ", TestContext.Current.CancellationToken);
        using var log = new AuditLog(File, 1 << 20, "n1", TimeProvider.System);
        await log.NoteAsync(Action("x"));

        var lines = System.IO.File.ReadAllLines(File);
        Assert.Equal((2, "{\"phase\":\"requ"), (lines.Length, lines[0]));
        Assert.Equal("done", JsonDocument.Parse(lines[1]).RootElement.GetProperty("phase").GetString());
    }

    [Theory]
    [InlineData("POST", "/v1/compact", """{"revision":1}""")]
    [InlineData("PUT", "/v1/tables/t", "{}")]
    [InlineData("POST", "/v1/members", """{"id":"n9","url":"http://127.0.0.1:9","peer":"127.0.0.1:10"}""")]
    [InlineData("GET", "/v1/snapshot", null)]
    public async Task What_can_not_be_written_is_refused_and_not_done(string verb, string path, string? body)
    {
        Assert.SkipUnless(System.IO.File.Exists("/dev/full"), "needs a disk that is always full");
        using var full = new AuditLog("/dev/full", 1 << 20, "n1", TimeProvider.System);
        await using var node = await TestNode.LeaderAsync(audit: full);
        var before = node.Store.Applied;

        using var request = new HttpRequestMessage(new HttpMethod(verb), path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await node.Http.SendAsync(request, TestContext.Current.CancellationToken);

        var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement;
        Assert.Equal(
            (HttpStatusCode.ServiceUnavailable, "audit-failed", "not-applied", true),
            (answer.StatusCode, problem.GetProperty("code").GetString(), problem.GetProperty("outcome").GetString(), problem.GetProperty("retryable").GetBoolean()));
        Assert.Contains("No space left", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(before, node.Store.Applied);
        // Rows are not what administrators do.
        using var value = new StringContent("v");
        Assert.Equal(HttpStatusCode.Created, (await node.Http.PutAsync("/v1/kv/a", value, TestContext.Current.CancellationToken)).StatusCode);
    }

    [Fact]
    public async Task Only_what_is_JSON_and_short_is_shown()
    {
        using var log = new AuditLog(File, 1 << 20, "n1", TimeProvider.System);
        await using var node = await TestNode.LeaderAsync(audit: log);
        foreach (var body in new[] { "no JSON: secret", $$"""{"columns":{}, "x":"{{new string('s', 20_000)}}"}""", """{ "maxRows" : 5 }""" })
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using var answer = await node.Http.PutAsync("/v1/tables/t", content, TestContext.Current.CancellationToken);
        }

        var requested = Lines().Where(line => line.GetProperty("phase").GetString() == "requested").ToList();
        Assert.Equal(15, requested[0].GetProperty("bodyBytes").GetInt32());
        Assert.True(requested[1].GetProperty("bodyBytes").GetInt32() > 20_000 && !requested[1].TryGetProperty("body", out _));
        Assert.Equal(5, requested[2].GetProperty("body").GetProperty("maxRows").GetInt32());
        Assert.Equal(
            ["not-applied", "not-applied", "applied"],
            Lines().Where(line => line.GetProperty("phase").GetString() == "outcome").Select(line => line.GetProperty("outcome").GetString()));
    }

    private static AuditAction Action(string what) => AuditAction.OfUser("test", json => json.WriteString("what", what));

    private List<JsonElement> Lines() => [.. System.IO.File.ReadLines(File).Select(line => JsonDocument.Parse(line).RootElement)];
}
