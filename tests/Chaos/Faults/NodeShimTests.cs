using System.Diagnostics;
using RaftCluster.Chaos;
using RaftCluster.Chaos.Faults;

namespace RaftCluster.Tests.Chaos.Faults;

/// <summary>The library that is loaded into nodes, in a process that does nothing but write, sync and rename.</summary>
public sealed class NodeShimTests : IDisposable
{
    private const int Killed = 128 + 9;
    private const string Node = "n1";

    /// <summary>Three writes and a sync of a file that has no name yet, by .NET's way and by RocksDB's; then its name, and a sync of the folder.</summary>
    private const string Program =
        """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <fcntl.h>
        #include <stdio.h>
        #include <string.h>
        #include <unistd.h>

        int main(int count, char **arguments)
        {
            void *libc = dlopen("libc.so.6", RTLD_LAZY);
            int (*sync)(int) = strcmp(arguments[1], "looked-up") == 0 ? (int (*)(int))dlsym(libc, "fdatasync") : fdatasync;
            int file = open("log/new", O_RDWR | O_CREAT, 0600), other = open("other", O_RDWR | O_CREAT, 0600), folder = open("log", O_RDONLY);
            for (int at = 0; at < 3; at++)
            {
                pwrite(other, "other", 5, 0);
                pwrite(file, "abc" + at, 1, at);
                puts("wrote");
                fflush(stdout);
                sync(file);
            }

            rename("log/new", "log/named");
            fsync(folder);
            write(file, "d", 1);
            puts("done");
            return 0;
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("raftcluster-shim-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("PositionedWrite", 1, "looked-up", "pwrite64 of {0}/log/new", "")]
    [InlineData("PositionedWrite", 3, "looked-up", "pwrite64 of {0}/log/new", "ab")]
    [InlineData("DataSync", 2, "looked-up", "fdatasync of {0}/log/new", "ab")]
    [InlineData("DataSync", 2, "linked", "fdatasync of {0}/log/new", "ab")]
    [InlineData("DataSync, PositionedWrite", 2, "linked", "fdatasync of {0}/log/new", "a")]
    [InlineData("Rename", 1, "linked", "rename of log/named", "abc")]
    public async Task It_ends_a_process_right_before_a_call(string calls, int number, string how, string met, string content)
    {
        var environment = await PrepareAsync();
        NodeShim.EndBefore(_folder, Node, Enum.Parse<DiskCalls>(calls), "log/", number);

        Assert.Equal(Killed, (await RunAsync(environment, how)).ExitCode);

        Assert.Equal(string.Format(System.Globalization.CultureInfo.InvariantCulture, met, _folder), NodeShim.EndedBefore(_folder, Node));
        Assert.Equal(content, await File.ReadAllTextAsync(Path.Combine(_folder, "log", "new"), TestContext.Current.CancellationToken));
        Assert.Equal(0, (await RunAsync(environment, how)).ExitCode);
    }

    [Theory]
    [InlineData("Sync", 1, "fsync of {0}/log", "abc")]
    [InlineData("Write", 1, "write of {0}/log/named", "abc")]
    public async Task A_file_that_was_renamed_has_its_new_name(string calls, int number, string met, string content)
    {
        var environment = await PrepareAsync();
        NodeShim.EndBefore(_folder, Node, Enum.Parse<DiskCalls>(calls), "/log", number);

        Assert.Equal(Killed, (await RunAsync(environment, "linked")).ExitCode);

        Assert.Equal(string.Format(System.Globalization.CultureInfo.InvariantCulture, met, _folder), NodeShim.EndedBefore(_folder, Node));
        Assert.Equal(content, await File.ReadAllTextAsync(Path.Combine(_folder, "log", "named"), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("PositionedWrite", "log/", 4)]
    [InlineData("Rename", "/store", 1)]
    [InlineData("None", "log/", 1)]
    public async Task A_process_that_does_not_come_to_the_call_goes_on(string calls, string part, int number)
    {
        var environment = await PrepareAsync();
        NodeShim.EndBefore(_folder, Node, Enum.Parse<DiskCalls>(calls), part, number);

        Assert.Equal((0, "done"), await RunAsync(environment, "looked-up"));

        Assert.Null(NodeShim.EndedBefore(_folder, Node));
    }

    [Fact]
    public async Task What_was_taken_back_ends_nothing()
    {
        var environment = await PrepareAsync();
        NodeShim.EndBefore(_folder, Node, DiskCalls.PositionedWrite, "log/", 1);
        NodeShim.GoOn(_folder, Node);

        Assert.Equal((0, "done"), await RunAsync(environment, "looked-up"));
    }

    [Theory]
    [InlineData("linked")]
    [InlineData("looked-up")]
    public async Task Syncs_take_longer(string how)
    {
        var environment = await PrepareAsync();
        NodeShim.SlowSyncs(_folder, Node, TimeSpan.FromMilliseconds(150), TimeSpan.FromMilliseconds(200));

        var begun = Stopwatch.GetTimestamp();
        Assert.Equal((0, "done"), await RunAsync(environment, how));
        Assert.True(Stopwatch.GetElapsedTime(begun) >= TimeSpan.FromMilliseconds(4 * 150));
        Assert.Equal(4, NodeShim.SlowedSyncs(_folder, Node));

        NodeShim.SlowSyncs(_folder, Node, TimeSpan.Zero, TimeSpan.Zero);
        Assert.Equal((0, "done"), await RunAsync(environment, how));
        Assert.Equal(4, NodeShim.SlowedSyncs(_folder, Node));
    }

    private async Task<IReadOnlyDictionary<string, string>> PrepareAsync()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "log"));
        try
        {
            var library = await NodeShim.BuildAsync(_folder);
            await File.WriteAllTextAsync(Path.Combine(_folder, "writer.c"), Program);
            await Tool.RunAsync("gcc", "-o", Path.Combine(_folder, "writer"), Path.Combine(_folder, "writer.c"), "-ldl");
            return await NodeShim.PrepareAsync(_folder, library, Node);
        }
        catch (HarnessException unable)
        {
            Assert.Skip($"no library can be made here: {unable.Message}");
            throw;
        }
    }

    private async Task<(int ExitCode, string Last)> RunAsync(IReadOnlyDictionary<string, string> environment, string how)
    {
        var start = new ProcessStartInfo(Path.Combine(_folder, "writer"), [how]) { WorkingDirectory = _folder, RedirectStandardOutput = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var said = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, said.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault(""));
    }
}
