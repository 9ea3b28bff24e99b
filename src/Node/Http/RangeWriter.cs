using System.Buffers;
using System.Text.Json;
using RaftCluster.Node.Tables;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>Writes rows as one JSON object with a list, or as one object a line.</summary>
internal sealed class RangeWriter(IBufferWriter<byte> output, bool lines, bool keysOnly, RowForm form) : IDisposable
{
    private readonly Utf8JsonWriter _json = new(output, JsonText.Options);

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
        ItemWriter.Write(_json, row, form, keysOnly);
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

    private void EndLine()
    {
        _json.Flush();
        _flushed += _json.BytesCommitted + 1;
        _json.Reset();
        output.Write("\n"u8);
    }
}
