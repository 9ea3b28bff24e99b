using Microsoft.Extensions.Logging;
using RaftCluster.Node.Tracing;

namespace RaftCluster.Tests.Node.Tracing;

/// <summary>When the log says that spans are lost, and that they arrive again.</summary>
public sealed class ExportWatchTests : ILogger
{
    private readonly List<(LogLevel Level, string Line)> _lines = [];
    private readonly Clock _time = new();

    [Fact]
    public void A_loss_is_told_at_most_once_a_minute_and_its_end_once()
    {
        using var watch = new ExportWatch(new Uri("http://127.0.0.1:4318"), queueLength: 100, this, _time);
        Export(watch, 10, arrived: true);
        Assert.Empty(_lines);
        Export(watch, 5, arrived: false);
        Export(watch, 7, arrived: false);
        Assert.Contains(" 5 spans were lost so far", Assert.Single(_lines).Line, StringComparison.Ordinal);
        _time.Now += ExportWatch.Pause;
        Export(watch, 1, arrived: false);
        Assert.Contains(" 13 spans were lost so far", _lines[1].Line, StringComparison.Ordinal);
        Export(watch, 1, arrived: true);
        Export(watch, 1, arrived: true);
        Assert.Equal(3, _lines.Count);
        Assert.Equal((LogLevel.Information, true), (_lines[2].Level, _lines[2].Line.Contains("again; 13 spans were lost", StringComparison.Ordinal)));
    }

    [Fact]
    public void What_the_queue_could_not_hold_counts_as_lost()
    {
        using (var watch = new ExportWatch(new Uri("http://127.0.0.1:4318"), queueLength: 100, this, _time))
        {
            for (var at = 0; at < 150; at++)
            {
                watch.Queued();
            }

            watch.Exported(30, arrived: true);
            Assert.Contains(" 20 spans were lost so far: more of them are made than can be sent", Assert.Single(_lines).Line, StringComparison.Ordinal);
            watch.Queued();
        }

        // The last are told when the node stops, however little time has passed.
        Assert.Contains(" 21 spans", _lines[1].Line, StringComparison.Ordinal);
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Add((logLevel, formatter(state, exception)));

    private static void Export(ExportWatch watch, int count, bool arrived)
    {
        for (var at = 0; at < count; at++)
        {
            watch.Queued();
        }

        watch.Exported(count, arrived);
    }

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
