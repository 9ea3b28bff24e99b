using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using RaftCluster.Tests.Architecture;
using RaftCluster.Tests.Cli;
using RaftCluster.Tests.EndToEnd.Cluster;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>
/// What the README shows at a prompt is typed as it stands there, line by line, and does what its comment says. A status that
/// a comment begins with is the one that must be answered; any other line must succeed. Numbers in a comment stand for those of
/// the answer, in later lines too.
/// </summary>
public sealed partial class ReadmeTests : ClusterTests
{
    /// <summary>Lines that can't be typed into a test, by how they begin; each must be there.</summary>
    private static readonly string[] _notHere =
    [
        "dotnet run ", "dotnet test ", "dotnet src/Cli/bin/", "raftctl up ", "raftctl watch ",
        // Need a leader that is gone, and would leave the cluster with one that must not lead.
        "raftctl failover ", "raftctl node drain ",
        // Need nodes that are not there, and folders of nodes that are lost.
        "raftctl member add ", "raftctl member promote ", "raftctl member replace ", "raftctl member remove ", "raftctl recover ",
        // What it finds depends on the machine.
        "raftctl doctor",
        // Not every shell has <( ).
        "source <(",
    ];

    private readonly Dictionary<string, string> _numbers = [];
    private readonly List<string> _assigned = [];

    [Fact]
    public async Task Every_curl_line_does_what_its_comment_says()
    {
        Assert.SkipUnless(await ExitsAsync("curl --version") == 0, "needs curl");
        var lines = Lines().Where(line => line.Command.StartsWith("curl ", StringComparison.Ordinal) || Assignment().IsMatch(line.Command)).ToList();
        Assert.True(lines.Count > 40, $"{lines.Count} lines");
        foreach (var (command, comment) in lines)
        {
            if (Assignment().IsMatch(command))
            {
                _assigned.Add(Here(command));
                continue;
            }

            await CurlAsync(command, comment);
        }
    }

    [Fact]
    public async Task Every_raftctl_line_succeeds()
    {
        await File.WriteAllTextAsync(Path.Combine(Cluster.Folder, "transfer.json"), """{"then":[{"op":"add","key":"visits","by":-1}]}""", Cancellation);
        await File.WriteAllTextAsync(Path.Combine(Cluster.Folder, "nightly.sh"), "#!/bin/sh\ntest -n \"$RAFT_FENCE\"\n", Cancellation);
        Assert.Equal(0, await ExitsAsync("chmod +x nightly.sh"));
        var start = UpRun.Raftctl();
        _assigned.Add($"raftctl() {{ '{start.FileName}' '{start.ArgumentList[0]}' \"$@\"; }}");
        _assigned.Add($"export RAFT_ENDPOINTS={Cluster.Endpoints}");
        var lines = Lines().Where(line => line.Command.StartsWith("raftctl ", StringComparison.Ordinal) && !IsNotHere(line.Command)).ToList();
        Assert.True(lines.Count > 10, $"{lines.Count} lines");
        foreach (var (command, _) in lines)
        {
            // All commands of a line must succeed, not only its last.
            var (code, output, error) = await RunAsync($"set -e; {Here(command)}");
            Assert.True(code == 0, $"{command}: exit code {code}, {output} {error}");
        }
    }

    [Fact]
    public void Every_line_is_typed_or_known_not_to_be()
    {
        var others = Lines().Select(line => line.Command)
            .Where(command => !command.StartsWith("curl ", StringComparison.Ordinal) && !Assignment().IsMatch(command))
            .ToList();

        Assert.All(others, command => Assert.True(IsNotHere(command) || command.StartsWith("raftctl ", StringComparison.Ordinal), command));
        Assert.All(_notHere, begin => Assert.Contains(others, command => command.StartsWith(begin, StringComparison.Ordinal)));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private async Task CurlAsync(string command, string comment)
    {
        var isEndless = command.Contains(" -N ", StringComparison.Ordinal);
        var (code, output, error) = await RunAsync(
            $"{Here(command)} -sS -o answer -w '%{{http_code}}' --max-time {(isEndless ? 3 : 60)}");
        var body = await File.ReadAllTextAsync(Path.Combine(Cluster.Folder, "answer"), Cancellation);
        var what = $"{command}\n{output} {error}\n{body}";
        Assert.True(code == (isEndless ? 28 : 0), what);
        var expected = Status().Match(comment) is { Success: true } said ? said.Value : null;
        Assert.True(expected is null ? output is "200" or "201" : output == expected, what);
        if (isEndless)
        {
            Assert.Contains("event: change", body, StringComparison.Ordinal);
        }

        foreach (Match shown in Member().Matches(comment))
        {
            var name = shown.Groups["name"].Value;
            using var json = JsonDocument.Parse(body[body.IndexOf('{', StringComparison.Ordinal)..]);
            Assert.True(json.RootElement.TryGetProperty(name, out var value), what);
            if (shown.Groups["number"].Success)
            {
                _numbers[shown.Groups["number"].Value] = value.GetInt64().ToString(CultureInfo.InvariantCulture);
            }
        }
    }

    /// <summary>A line with the nodes and numbers of here.</summary>
    private string Here(string line)
    {
        line = Port().Replace(line, port => Cluster.Nodes[port.Groups["number"].Value[0] - '1'].Settings.Url);
        line = line.Replace("./data/", $"{Cluster.Folder}/", StringComparison.Ordinal);
        return Id().Replace(line, id => id.Groups["before"].Value + _numbers.GetValueOrDefault(id.Groups["number"].Value, id.Groups["number"].Value));
    }

    private static bool IsNotHere(string command) => Array.Exists(_notHere, begin => command.StartsWith(begin, StringComparison.Ordinal));

    /// <summary>Each line of the README's shell blocks, and what stands behind its #.</summary>
    private static IEnumerable<(string Command, string Comment)> Lines() =>
        from Match block in Block().Matches(File.ReadAllText(Path.Combine(Repository.Root, "README.md")))
        from line in block.Groups["code"].Value.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries)
        let parts = line.Split(" # ", 2)
        select (parts[0].Trim(), parts.Length > 1 ? parts[1].Trim() : "");

    private async Task<int> ExitsAsync(string line) => (await RunAsync(line)).Code;

    private async Task<(int Code, string Output, string Error)> RunAsync(string line)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", string.Join('\n', [.. _assigned, line])])
        {
            WorkingDirectory = Cluster.Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (output, error) = (shell.StandardOutput.ReadToEndAsync(Cancellation), shell.StandardError.ReadToEndAsync(Cancellation));
        await shell.WaitForExitAsync(Cancellation);
        return (shell.ExitCode, await output, await error);
    }

    [GeneratedRegex(@"^```sh\n(?<code>.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex(@"^\w+=\S+$")]
    private static partial Regex Assignment();

    [GeneratedRegex(@"^[1-5]\d\d\b")]
    private static partial Regex Status();

    [GeneratedRegex("\"(?<name>\\w+)\":(?:(?<number>\\d+)|…)")]
    private static partial Regex Member();

    [GeneratedRegex(@"http://127\.0\.0\.1:800(?<number>[1-3])")]
    private static partial Regex Port();

    /// <summary>A number where a lease or a fence is named.</summary>
    [GeneratedRegex("(?<before>/leases/|lease=|Raft-Fence: \\w+;)(?<number>\\d+)")]
    private static partial Regex Id();
}
