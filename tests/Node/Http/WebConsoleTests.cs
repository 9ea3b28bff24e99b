using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using RaftCluster.Node.Http.WebConsole;
using RaftCluster.Tests.Architecture;

namespace RaftCluster.Tests.Node.Http;

/// <summary>The files of the web console: all there, as what they are, and nothing else.</summary>
public sealed partial class WebConsoleTests
{
    private const string Source = "src/Node/Http/WebConsole/site";

    [Theory]
    [InlineData("/ui", "text/html; charset=utf-8")]
    [InlineData("/ui/", "text/html; charset=utf-8")]
    [InlineData("/ui/index.html", "text/html; charset=utf-8")]
    [InlineData("/ui/app.js", "text/javascript; charset=utf-8")]
    [InlineData("/ui/base.css", "text/css; charset=utf-8")]
    [InlineData("/ui/icon.svg", "image/svg+xml")]
    public async Task A_file_comes_as_what_it_is_under_a_strict_policy(string target, string type)
    {
        await using var node = await TestNode.LeaderAsync();

        var answer = await node.GetAsync(target);

        Assert.Equal((200, type), (answer.Status, answer["Content-Type"]));
        var name = target is "/ui" or "/ui/" ? "index.html" : target["/ui/".Length..];
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(Repository.Root, Source, name), TestContext.Current.CancellationToken), answer.Text);
        Assert.Equal(("nosniff", "no-referrer", "no-cache"), (answer["X-Content-Type-Options"], answer["Referrer-Policy"], answer["Cache-Control"]));
        var policy = answer["Content-Security-Policy"]!.Split("; ");
        Assert.Contains("default-src 'none'", policy);
        Assert.Contains("script-src 'self'", policy);
        Assert.Contains("frame-ancestors 'none'", policy);
        Assert.Contains("require-trusted-types-for 'script'", policy);
        Assert.DoesNotContain("unsafe", answer["Content-Security-Policy"], StringComparison.Ordinal);
        Assert.Equal("n1", answer["Raft-Node"]);
    }

    [Fact]
    public async Task A_file_that_is_known_is_not_sent_again()
    {
        await using var node = await TestNode.LeaderAsync();
        var first = await node.GetAsync("/ui/app.js");
        var tag = first["ETag"]!;
        Assert.Matches("^\"[0-9a-f]{32}\"$", tag);
        Assert.NotEqual(tag, (await node.GetAsync("/ui/api.js"))["ETag"]);

        foreach (var stated in new[] { tag, $"\"other\", {tag}", $"W/{tag}", "*" })
        {
            var again = await node.GetAsync("/ui/app.js", $"If-None-Match: {stated}");
            Assert.Equal((304, 0, tag), (again.Status, again.Bytes.Length, again["ETag"]));
            Assert.Equal(first["Content-Security-Policy"], again["Content-Security-Policy"]);
        }

        Assert.Equal(200, (await node.GetAsync("/ui/app.js", "If-None-Match: \"other\"")).Status);
    }

    [Fact]
    public async Task Head_says_the_same_without_the_file()
    {
        await using var node = await TestNode.LeaderAsync();
        var (get, head) = (await node.GetAsync("/ui/app.js"), await node.SendAsync("HEAD", "/ui/app.js"));
        Assert.Equal((200, 0), (head.Status, head.Bytes.Length));
        Assert.Equal(
            (get["ETag"], get["Content-Type"], $"{get.Bytes.Length}", get["Content-Security-Policy"]),
            (head["ETag"], head["Content-Type"], head["Content-Length"], head["Content-Security-Policy"]));
    }

    [Theory]
    [InlineData("/ui/none.js")]
    [InlineData("/ui/App.js")]
    [InlineData("/ui/app.js/")]
    [InlineData("/ui//app.js")]
    [InlineData("/ui/../openapi.json")]
    [InlineData("/ui/../../openapi.json")]
    [InlineData("/ui/%2e%2e/openapi.json")]
    [InlineData("/ui/..%2fopenapi.json")]
    [InlineData("/ui/..%5c..%5cetc%5cpasswd")]
    [InlineData("/ui/%2Fetc%2Fpasswd")]
    [InlineData("/ui//etc/passwd")]
    [InlineData("/ui/site/app.js")]
    [InlineData("/ui/app%2ejs")]
    [InlineData("/uix")]
    public async Task What_is_no_file_of_it_is_not_there(string target)
    {
        await using var node = await TestNode.LeaderAsync();
        var answer = await RawAsync(node, target);
        Assert.StartsWith("HTTP/1.1 404 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"no-such-resource\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_can_be_written_there()
    {
        await using var node = await TestNode.LeaderAsync();
        var answer = await node.SendAsync("PUT", "/ui/app.js", "x");
        Assert.Equal((405, "GET, HEAD"), (answer.Status, answer["Allow"]));
    }

    [Fact]
    public void Every_file_that_one_names_is_there_and_every_one_is_named()
    {
        var named = ConsoleFile.All.SelectMany(file => References(file.Key, Encoding.UTF8.GetString(file.Value.Body))).ToHashSet();
        Assert.Empty(named.Except(ConsoleFile.All.Keys));
        Assert.Equal(ConsoleFile.All.Keys.Order(), named.Append(ConsoleFile.Page).Distinct().Order());
        Assert.Equal(
            Directory.EnumerateFiles(Path.Combine(Repository.Root, Source)).Select(Path.GetFileName).Order(), ConsoleFile.All.Keys.Order());
    }

    [Fact]
    public void No_file_makes_markup_out_of_text_asks_another_host_or_is_long()
    {
        string[] never = ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "DOMParser", "srcdoc", " style=\"", "onclick=\""];
        foreach (var (name, file) in ConsoleFile.All)
        {
            var text = Encoding.UTF8.GetString(file.Body);
            Assert.All(never, word => Assert.False(text.Contains(word, StringComparison.Ordinal), $"{name}: {word}"));
            var hosts = Host().Matches(text).Select(match => match.Value).Where(host => host is not ("http://www.w3.org" or "http://127.0.0.1"));
            Assert.True(!hosts.Any(), $"{name}: {string.Join(", ", hosts)}");
            Assert.InRange(text.AsSpan().Count('\n'), 1, 400);
        }
    }

    private static IEnumerable<string> References(string name, string text) =>
        Path.GetExtension(name) == ".html"
            ? Attribute().Matches(text).Select(match => match.Groups["file"].Value)
            : Import().Matches(text).Select(match => match.Groups["file"].Value);

    /// <summary>As it stands: a client of .NET would resolve the dots itself.</summary>
    private static async Task<string> RawAsync(TestNode node, string target)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var socket = new TcpClient();
        await socket.ConnectAsync(node.Self.Url.Host, node.Self.Url.Port, cancellation);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), cancellation);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(cancellation);
    }

    [GeneratedRegex("(?:src|href)=\"/ui/(?<file>[^\"]+)\"")]
    private static partial Regex Attribute();

    [GeneratedRegex("from '\\./(?<file>[^']+)'")]
    private static partial Regex Import();

    [GeneratedRegex(@"https?://[\w.]+")]
    private static partial Regex Host();
}
