using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using RaftCluster.Node.Tracing;

namespace RaftCluster.Node.Logging;

/// <summary>One JSON object a line, for machines: the message, and what it was made of under its own names; of which trace it is, when it belongs to a request.</summary>
internal sealed class JsonLineFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    /// <summary>The name it is chosen by.</summary>
    public const string FormatterName = "json-line";

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var line = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteString("time", time.GetUtcNow().UtcDateTime);
            json.WriteString("level", LevelText.Of(logEntry.LogLevel));
            json.WriteString("category", logEntry.Category);
            json.WriteNumber("event", logEntry.EventId.Id);
            json.WriteString("message", logEntry.Formatter(logEntry.State, logEntry.Exception));
            if (NodeTrace.Current is { } trace)
            {
                json.WriteString("trace_id", trace.TraceId.ToHexString());
                json.WriteString("span_id", trace.SpanId.ToHexString());
            }

            if (logEntry.State is IReadOnlyList<KeyValuePair<string, object?>> parts)
            {
                Write(json, parts);
            }

            if (logEntry.Exception is { } exception)
            {
                json.WriteString("exception", exception.ToString());
            }

            json.WriteEndObject();
        }

        textWriter.Write(Encoding.UTF8.GetString(line.WrittenSpan));
        textWriter.Write('\n');
    }

    private static void Write(Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, object?>> parts)
    {
        json.WriteStartObject("data");
        foreach (var (name, value) in parts)
        {
            if (name != "{OriginalFormat}")
            {
                json.WriteString(name, Convert.ToString(value, CultureInfo.InvariantCulture));
            }
        }

        json.WriteEndObject();
    }
}
