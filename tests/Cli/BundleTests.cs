using System.Formats.Tar;
using System.IO.Compression;
using RaftCluster.Cli;
using RaftCluster.Tests.StateMachine;

namespace RaftCluster.Tests.Cli;

public sealed class BundleTests : IDisposable
{
    private const string Secret = "hunter2-planted";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_holds_what_a_report_needs_and_says_so_and_no_secret()
    {
        await using var node = await FakeNode.StartAsync();
        _ = node.On("GET", "/v1/cluster", 200, DoctorTests.View("n1", node.Url));
        _ = node.On("GET", "/v1/node", 200, DoctorTests.Report("n1", $$"""
            {"node":"n1","data":"/var/lib/raft","auth-token":"{{Secret}}","tls-key":"/etc/{{Secret}}.pem","password-file":"/etc/{{Secret}}","log-level":"info"}
            """));
        _ = node.On("GET", "/v1/node/log?lines=2000", 200, $"""
            2026-11-24T12:00:00Z info  Node: started
            2026-11-24T12:00:01Z warn  Http: Authorization: Bearer {Secret}
            2026-11-24T12:00:02Z warn  Http: password={Secret} was refused; token: "{Secret}"
            2026-11-24T12:00:03Z warn  Http: http://me:{Secret}@10.0.0.1/ answers nothing
            -----BEGIN PRIVATE KEY-----
            {Secret}
            -----END PRIVATE KEY-----
            2026-11-24T12:00:04Z info  Node: the last line
            """);
        _ = node.On("GET", "/readyz?verbose", 200, "[+]leader: ok\n");
        var file = Path.Combine(_folder.Path, "report.tar.gz");
        var prompt = new Prompt { Endpoints = node.Url };

        Assert.Equal(ExitCodes.Ok, await prompt.RunAsync("bundle", "-o", file));

        var held = await ReadAsync(file);
        string[] names = ["doctor.json", "n1/log.txt", "n1/node.json", "n1/readyz.txt", "n1/status.json", "raftctl.txt"];
        Assert.Equal(names, held.Keys.Order(StringComparer.Ordinal));
        Assert.All(names, name => Assert.Contains(name, prompt.Out, StringComparison.Ordinal));
        Assert.All(held, entry => Assert.DoesNotContain(Secret, entry.Value, StringComparison.Ordinal));
        Assert.Contains("/var/lib/raft", held["n1/node.json"], StringComparison.Ordinal);
        Assert.Contains("Node: the last line", held["n1/log.txt"], StringComparison.Ordinal);
        Assert.Contains("\"findings\"", held["doctor.json"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_there_is_left_alone()
    {
        await using var node = await FakeNode.StartAsync();
        _ = node.On("GET", "/v1/cluster", 200, DoctorTests.View("n1", node.Url));
        var file = Path.Combine(_folder.Path, "report.tar.gz");
        await File.WriteAllTextAsync(file, "mine", TestContext.Current.CancellationToken);
        var prompt = new Prompt { Endpoints = node.Url };

        Assert.Equal(ExitCodes.Local, await prompt.RunAsync("bundle", "-o", file));
        Assert.Equal("mine", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_node_that_is_away_is_named_in_it_and_none_at_all_is_4()
    {
        var gone = await FakeNode.StartAsync();
        var away = gone.Url;
        await gone.DisposeAsync();
        var file = Path.Combine(_folder.Path, "report.tar.gz");
        var prompt = new Prompt { Endpoints = away };

        Assert.Equal(ExitCodes.Unavailable, await prompt.RunAsync("bundle", "-o", file));
        Assert.Contains((await ReadAsync(file)).Keys, name => name.EndsWith("/unreachable.txt", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--lines 0")]
    [InlineData("--lines many")]
    public async Task Wrong_numbers_are_told(string words)
    {
        var prompt = new Prompt { Endpoints = "http://127.0.0.1:1" };
        Assert.Equal(ExitCodes.Usage, await prompt.RunAsync(["bundle", .. words.Split(' ')]));
        Assert.Contains("--lines", prompt.Error, StringComparison.Ordinal);
    }

    private static async Task<Dictionary<string, string>> ReadAsync(string file)
    {
        var held = new Dictionary<string, string>();
        await using var packed = new GZipStream(File.OpenRead(file), CompressionMode.Decompress);
        await using var tar = new TarReader(packed);
        while (await tar.GetNextEntryAsync() is { } entry)
        {
            using var text = new StreamReader(entry.DataStream!);
            held.Add(entry.Name, await text.ReadToEndAsync(TestContext.Current.CancellationToken));
        }

        return held;
    }
}
