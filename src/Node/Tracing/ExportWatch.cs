using System.Diagnostics.Tracing;
using RaftCluster.Node.Configuration;

namespace RaftCluster.Node.Tracing;

/// <summary>
/// Says in the log when spans are lost on the way to the collector, at most once a minute, and when they arrive again. What went
/// wrong is what the libraries tell of themselves.
/// </summary>
internal sealed partial class ExportWatch(Uri endpoint, int queueLength, ILogger log, TimeProvider time) : IDisposable
{
    /// <summary>How long after a line the next one may come.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Reasons _reasons = new();
    private long _queued;
    private long _handled;
    private long _failed;
    private long _lost;
    private long _told;
    private long? _toldAt;

    /// <summary>Whether the last line says that spans are lost.</summary>
    private bool _isTold;

    /// <summary>A span goes into the queue, if there is room.</summary>
    public void Queued() => Interlocked.Increment(ref _queued);

    /// <summary>Spans were taken out of the queue and sent.</summary>
    /// <param name="count">How many.</param>
    /// <param name="arrived">Whether the collector has them.</param>
    public void Exported(long count, bool arrived)
    {
        lock (_gate)
        {
            _handled += count;
            _failed += arrived ? 0 : count;
            var lost = Lost;
            if (lost > _lost)
            {
                _lost = lost;
                if (_toldAt is not { } at || time.GetElapsedTime(at) >= Pause)
                {
                    (_told, _toldAt, _isTold) = (lost, time.GetTimestamp(), true);
                    LogLost(log, endpoint, lost, arrived ? "more of them are made than can be sent" : _reasons.Last ?? "the collector refused them");
                }
            }
            else if (arrived && _isTold)
            {
                (_told, _isTold) = (lost, false);
                LogAgain(log, endpoint, lost);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _reasons.Dispose();
        lock (_gate)
        {
            if (Lost is var lost && lost > _told)
            {
                LogLost(log, endpoint, lost, _reasons.Last ?? "the node stops");
            }
        }
    }

    /// <summary>How many were lost for certain: sent in vain, or more than the queue could hold.</summary>
    private long Lost => _failed + Math.Max(0, Interlocked.Read(ref _queued) - _handled - queueLength);

    [LoggerMessage(1901, LogLevel.Warning, "traces can't be sent to {Endpoint}, {Lost} spans were lost so far: {Reason}")]
    private static partial void LogLost(ILogger logger, Uri endpoint, long lost, string reason);

    [LoggerMessage(1902, LogLevel.Information, "traces arrive at {Endpoint} again; {Lost} spans were lost")]
    private static partial void LogAgain(ILogger logger, Uri endpoint, long lost);

    /// <summary>Hears what the libraries tell of their failures.</summary>
    private sealed class Reasons : EventListener
    {
        private const int Longest = 300;

        public string? Last { get; private set; }

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name.StartsWith("OpenTelemetry-", StringComparison.Ordinal))
            {
                EnableEvents(eventSource, EventLevel.Warning);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            var parts = eventData.Payload?.ToArray() ?? [];
            var text = eventData.Message is { } form && parts.Length > 0
                ? string.Format(System.Globalization.CultureInfo.InvariantCulture, form, parts)
                : eventData.Message ?? eventData.EventName ?? "";
            text = OneLine.Of(text);
            // The way through the libraries says nothing to an operator.
            text = text.Split(" | at ")[0];
            Last = text.Length > Longest ? text[..Longest] + "…" : text;
        }
    }
}
