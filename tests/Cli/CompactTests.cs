using System.Text;
using RaftCluster.Cli;

namespace RaftCluster.Tests.Cli;

public sealed class CompactTests
{
    [Theory]
    [InlineData("compact --keep 7", """{"revision":7}""")]
    [InlineData("compact --older 1h", """{"olderThan":"3600000ms"}""")]
    [InlineData("compact", """{"revision":40}""")]
    public async Task It_says_what_stays(string line, string body)
    {
        await using var node = await FakeNode.StartAsync();
        _ = node.On("GET", "/v1/cluster", 200, DoctorTests.View("n1", node.Url));
        _ = node.On("POST", "/v1/compact", 200, """{"revision":40,"oldestRevision":7}""");
        var prompt = new Prompt { Endpoints = node.Url };

        Assert.Equal(ExitCodes.Ok, await prompt.RunAsync(line.Split(' ')));

        Assert.Equal(body, Encoding.UTF8.GetString(node.Requests.Single(asked => asked.Line.StartsWith("POST", StringComparison.Ordinal)).Body));
        Assert.Equal("history is kept from revision 7 on; the cluster is at revision 40\n", prompt.Out);
    }

    [Theory]
    [InlineData("compact --keep 0", "--keep is a revision, from 1")]
    [InlineData("compact --keep x", "x")]
    [InlineData("compact --older soon", "'soon' is not a time")]
    [InlineData("compact --keep 1 --older 1h", "state one")]
    public async Task A_wrong_command_line_asks_nobody(string line, string said)
    {
        await using var node = await FakeNode.StartAsync();
        var prompt = new Prompt { Endpoints = node.Url };

        Assert.Equal(ExitCodes.Usage, await prompt.RunAsync(line.Split(' ')));
        Assert.Contains(said, prompt.Error, StringComparison.Ordinal);
        Assert.Empty(node.Requests);
    }

    [Fact]
    public async Task A_revision_that_has_not_happened_is_6()
    {
        await using var node = await FakeNode.StartAsync();
        _ = node.Problem("POST", "/v1/compact", 400, "malformed", "not-applied");
        var prompt = new Prompt { Endpoints = node.Url };

        Assert.Equal(ExitCodes.Refused, await prompt.RunAsync("compact", "--keep", "99"));
    }
}
