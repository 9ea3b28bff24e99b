using System.Diagnostics;
using RaftCluster.Node;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Tests.Node.Log;

namespace RaftCluster.Tests.Cli;

public sealed class LogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task The_nodes_output_and_exit_code_are_passed_on()
    {
        await WriteAsync(3);
        var verified = await RunAsync("log", "verify", "--data", _folder.Path);
        var dumped = await RunAsync("log", "dump", "--data", _folder.Path, "--from", "2", "--to", "2", "--json");
        var missing = await RunAsync("log", "dump", "--data", Path.Combine(_folder.Path, "nowhere"));

        Assert.Equal(ExitCode.Ok, verified.Code);
        Assert.EndsWith("sound\n", verified.Out, StringComparison.Ordinal);
        var line = Assert.Single(dumped.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("\"index\":2,", line, StringComparison.Ordinal);
        Assert.Equal((ExitCode.DataFolder, ""), (missing.Code, missing.Out));
        Assert.Contains("is not there", missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_that_goes_away_is_no_error()
    {
        await WriteAsync(5_000);
        var start = UpRun.Raftctl("log", "dump", "--data", _folder.Path);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        Assert.NotNull(await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        process.StandardOutput.Close();
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal((0, ""), (process.ExitCode, error));
    }

    [Theory]
    [InlineData("log", "command")]
    [InlineData("log dump", "--data")]
    [InlineData("log dump --data a --from -1", "--from is 0 or more")]
    public async Task A_wrong_command_line_is_told(string line, string said)
    {
        var prompt = new Prompt();

        Assert.Equal(RaftCluster.Cli.ExitCodes.Usage, await prompt.RunAsync(line.Split(' ')));
        Assert.Contains(said, prompt.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<(int Code, string Out, string Error)> RunAsync(params string[] words)
    {
        var start = UpRun.Raftctl(words);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }

    private async Task WriteAsync(int entries)
    {
        var path = Path.Combine(_folder.Path, "log");
        using var votes = VoteStore.Open(path, (_, message) => Assert.Fail(message));
        var options = new SegmentedLogOptions { SegmentBytes = 1 << 20 };
        await using var log = SegmentedLog.Open(path, options, (_, message) => Assert.Fail(message));
        votes.Save(1, "n1"u8);
        for (var i = 0; i < entries; i++)
        {
            log.Append(1, LogEntryKind.Empty, default);
        }

        Assert.True(await log.SyncAsync(entries));
    }
}
