using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary>Shows how far a backup has come, on one line that a person sees.</summary>
internal sealed class BackupProgressLine(Terminal terminal) : IProgress<BackupProgress>
{
    private static readonly TimeSpan _every = TimeSpan.FromMilliseconds(250);

    private readonly long _begun = terminal.Time.GetTimestamp();
    private long _shown;

    /// <summary>Whether anything has come.</summary>
    internal bool HasBegun { get; private set; }

    /// <inheritdoc/>
    public void Report(BackupProgress value)
    {
        HasBegun = true;
        if (!terminal.IsInteractive || (_shown != 0 && terminal.Time.GetElapsedTime(_shown) < _every))
        {
            return;
        }

        _shown = terminal.Time.GetTimestamp();
        var seconds = Math.Max(0.001, terminal.Time.GetElapsedTime(_begun).TotalSeconds);
        var percent = value.Expected is > 0 and var expected ? $"{Math.Min(100, value.Bytes * 100 / expected),3} %, " : "";
        terminal.Error.Write($"\r{value.Info.Node}: {percent}{value.Bytes >> 10} KiB, {value.Bytes / seconds / (1 << 20):f1} MiB/s   ");
    }

    /// <summary>Leaves the line.</summary>
    internal void End()
    {
        if (_shown != 0)
        {
            terminal.Error.WriteLine();
        }
    }
}
