using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>Writes rows as one JSON object with a list, or as one object a line.</summary>
internal sealed class RangeWriter(IBufferWriter<byte> output, bool lines, bool keysOnly) : IDisposable
{
    private readonly Utf8JsonWriter _json = new(
        output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });

    private long _flushed;

    /// <summary>How many bytes were written.</summary>
    public long Written => _flushed + _json.BytesCommitted + _json.BytesPending;

    /// <summary>Begins the answer.</summary>
    public void Begin(long revision)
    {
        if (!lines)
        {
            _json.WriteStartObject();
            _json.WriteNumber("revision"u8, revision);
            _json.WriteStartArray("items"u8);
        }
    }

    /// <summary>Writes one row.</summary>
    public void Write(Row row)
    {
        _json.WriteStartObject();
        _json.WriteString("key"u8, row.Key.Span);
        if (!keysOnly)
        {
            WriteValue(row.Value.Span);
            _json.WriteString("contentType"u8, row.ContentType);
        }

        _json.WriteNumber("revision"u8, row.Revision);
        _json.WriteNumber("created"u8, row.Created);
        _json.WriteNumber("version"u8, row.Version);
        _json.WriteEndObject();
        if (lines)
        {
            EndLine();
        }
    }

    /// <summary>Ends the answer.</summary>
    /// <param name="next">The token of the next page; null for none.</param>
    public void End(string? next)
    {
        if (!lines)
        {
            _json.WriteEndArray();
            _json.WriteString("next"u8, next);
            _json.WriteEndObject();
        }

        _json.Flush();
    }

    /// <summary>Hands what was written to the output.</summary>
    public void Flush() => _json.Flush();

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    /// <summary>Text stays text; other bytes go as base64, under a name that says so.</summary>
    private void WriteValue(ReadOnlySpan<byte> value)
    {
        if (Utf8.IsValid(value))
        {
            _json.WriteString("value"u8, value);
        }
        else
        {
            _json.WriteBase64String("value64"u8, value);
        }
    }

    private void EndLine()
    {
        _json.Flush();
        _flushed += _json.BytesCommitted + 1;
        _json.Reset();
        output.Write("\n"u8);
    }
}
