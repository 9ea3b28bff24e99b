using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Tracing;

namespace RaftCluster.Node.Logging;

/// <summary>One line a message, for people: time, level, who says it, what, and why; of which trace it is, when it belongs to a request.</summary>
internal sealed class LineFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    /// <summary>The name it is chosen by.</summary>
    public const string FormatterName = "line";

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter) =>
        textWriter.Write(Format(
            time, logEntry.LogLevel, logEntry.Category, logEntry.Formatter(logEntry.State, logEntry.Exception), logEntry.Exception));

    /// <summary>A whole line, its end with it.</summary>
    public static string Format(TimeProvider time, LogLevel level, string category, string message, Exception? exception)
    {
        var text = new StringBuilder();
        text.Append(time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        text.Append(' ');
        text.Append(LevelText.Of(level).PadRight(5));
        text.Append(' ');
        text.Append(ShortCategory(category));
        text.Append(": ");
        text.Append(OneLine.Of(message));
        if (exception is not null)
        {
            text.Append(" | ");
            text.Append(OneLine.Of(exception.ToString()));
        }

        if (NodeTrace.Current is { } trace)
        {
            text.Append(" trace_id=").Append(trace.TraceId.ToHexString()).Append(" span_id=").Append(trace.SpanId.ToHexString());
        }

        return text.Append('\n').ToString();
    }

    /// <summary>The last part of a category's name says enough.</summary>
    private static string ShortCategory(string category) => category[(category.LastIndexOf('.') + 1)..];
}
