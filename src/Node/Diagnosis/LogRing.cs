using RaftCluster.Node.Logging;

namespace RaftCluster.Node.Diagnosis;

/// <summary>The node's newest log lines, kept in memory for who asks: bounded in number and in length.</summary>
internal sealed class LogRing(TimeProvider time) : ILoggerProvider
{
    /// <summary>How many lines are kept.</summary>
    public const int Kept = 2000;

    /// <summary>A line is cut here: a stack trace is worth keeping, a value that crept into one is not.</summary>
    private const int Longest = 2000;

    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = new();

    /// <summary>The newest lines, the oldest of them first.</summary>
    /// <param name="most">How many at most.</param>
    public IReadOnlyList<string> Read(int most)
    {
        lock (_gate)
        {
            return [.. _lines.Skip(Math.Max(0, _lines.Count - most))];
        }
    }

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Writer(this, categoryName);

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private void Add(string line)
    {
        lock (_gate)
        {
            _lines.Enqueue(line.Length > Longest ? line[..Longest] + "…" : line);
            if (_lines.Count > Kept)
            {
                _lines.Dequeue();
            }
        }
    }

    private sealed class Writer(LogRing ring, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            ring.Add(LineFormatter.Format(ring.Time, logLevel, category, formatter(state, exception), exception));
    }

    private TimeProvider Time => time;
}
