using RaftCluster.Node;
using RaftCluster.Node.Diagnosis;

namespace RaftCluster.Tests.Node;

public sealed class RehearsalTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("raft-rehearsal-").FullName;
    private readonly LogRing _lines = new(TimeProvider.System);

    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    private string Folder => Path.Combine(_data, Rehearsal.FolderName);

    [Fact]
    public async Task It_is_played_through_and_leaves_nothing()
    {
        await PlayAsync(Patience);

        Assert.Contains("rehearsed an election, a hand-over and the loss of a leader", Assert.Single(Lines()), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_data));
    }

    [Fact]
    public async Task What_one_that_was_killed_left_is_cleared()
    {
        var left = Directory.CreateDirectory(Path.Combine(Folder, "rehearsal-0", "log")).FullName;
        await File.WriteAllTextAsync(Path.Combine(left, "vote"), "torn", Patience);

        await PlayAsync(Patience);

        Assert.Contains("rehearsed", Assert.Single(Lines()), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Folder));
    }

    [Fact]
    public async Task One_that_can_not_be_played_is_named_and_harms_nothing()
    {
        await File.WriteAllTextAsync(Folder, "somebody's", Patience);

        await PlayAsync(Patience);

        var line = Assert.Single(Lines());
        Assert.Contains("warn", line, StringComparison.Ordinal);
        Assert.Contains("the first real one is slower", line, StringComparison.Ordinal);
        Assert.Equal("somebody's", await File.ReadAllTextAsync(Folder, Patience));
    }

    [Fact]
    public async Task A_node_that_stops_ends_it()
    {
        using var stop = new CancellationTokenSource();
        var playing = PlayAsync(stop.Token);
        await stop.CancelAsync();

        await playing;

        Assert.DoesNotContain(Lines(), line => line.Contains("warn", StringComparison.Ordinal));
        Assert.Empty(Directory.GetFileSystemEntries(_data));
    }

    public void Dispose()
    {
        _lines.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    private Task PlayAsync(CancellationToken stop) => Rehearsal.RunAsync(_data, _lines.CreateLogger("test"), TimeProvider.System, stop);

    private IReadOnlyList<string> Lines() => _lines.Read(100);
}
