using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Changes;

/// <summary>
/// Writes an event's data, <c>{"revision":…,"changes":[…]}</c>, piece by piece, so that none has to be in memory as a whole.
/// It never holds a line break. For one thread.
/// </summary>
internal sealed class ChangeJson : IDisposable
{
    /// <summary>What ends an event's data.</summary>
    public static ReadOnlySpan<byte> Tail => "]}"u8;

    private const string Json = "application/json";
    private const int HeadLength = 160;

    private readonly Utf8JsonWriter _json = new(
        Stream.Null, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });

    /// <summary>Writes what comes before the changes.</summary>
    public static void WriteHead(IBufferWriter<byte> output, long revision, long term, long index, long time)
    {
        var at = DateTime.UnixEpoch.AddTicks(time * TimeSpan.TicksPerMicrosecond);
        var room = output.GetSpan(HeadLength);
        var fits = Utf8.TryWrite(
            room,
            CultureInfo.InvariantCulture,
            $"{{\"revision\":{revision},\"term\":{term},\"index\":{index},\"at\":\"{at:yyyy-MM-ddTHH:mm:ss.fffZ}\",\"changes\":[",
            out var written);
        Invariant.Holds(fits, "four numbers fit into the room for them");
        output.Advance(written);
    }

    /// <summary>Writes what a walk stands on, with the versions before and after.</summary>
    public void WriteChange(IBufferWriter<byte> output, IChangeWalk walk)
    {
        var (before, after) = (walk.ReadBefore(), walk.ReadAfter());
        Begin(output, NameOf(walk.Operation), walk.Table, walk.Key);
        WriteVersion("before"u8, walk.Table, before);
        WriteVersion("after"u8, walk.Table, after);
        WriteLease(after ?? before);
        End();
    }

    /// <summary>Writes a row as it stands, with the revision of its last change.</summary>
    public void WriteRow(IBufferWriter<byte> output, ReadOnlySpan<byte> table, Row row)
    {
        Begin(output, "snapshot"u8, table, row.Key.Span);
        _json.WriteNull("before"u8);
        WriteVersion("after"u8, table, row);
        WriteLease(row);
        _json.WriteNumber("revision"u8, row.Revision);
        End();
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    private static ReadOnlySpan<byte> NameOf(ChangeOperation operation) => operation switch
    {
        ChangeOperation.Insert => "insert"u8,
        ChangeOperation.Update => "update"u8,
        ChangeOperation.Delete => "delete"u8,
        _ => throw new InvariantException($"no name for {operation}"),
    };

    private void Begin(IBufferWriter<byte> output, ReadOnlySpan<byte> operation, ReadOnlySpan<byte> table, ReadOnlySpan<byte> key)
    {
        _json.Reset(output);
        _json.WriteStartObject();
        _json.WriteString("op"u8, operation);
        _json.WriteString("table"u8, table);
        _json.WriteString("key"u8, key);
    }

    private void End()
    {
        _json.WriteEndObject();
        _json.Flush();
    }

    /// <summary>The lease that the row is on, or was on when it was removed.</summary>
    private void WriteLease(Row? row)
    {
        if (row?.Lease > 0)
        {
            _json.WriteNumber("lease"u8, row.Lease);
        }
    }

    /// <summary>A JSON row of a table is what it is; other values are text or base64, with their content type beside them.</summary>
    private void WriteVersion(ReadOnlySpan<byte> name, ReadOnlySpan<byte> table, Row? row)
    {
        if (row is null)
        {
            _json.WriteNull(name);
            return;
        }

        if (row.ContentType == Json && !table.SequenceEqual("kv"u8) && IsJson(row.Value.Span))
        {
            _json.WritePropertyName(name);
            _json.WriteRawValue(OnOneLine(row.Value.Span), skipInputValidation: true);
            return;
        }

        _json.WriteStartObject(name);
        if (Utf8.IsValid(row.Value.Span))
        {
            _json.WriteString("value"u8, row.Value.Span);
        }
        else
        {
            _json.WriteBase64String("value64"u8, row.Value.Span);
        }

        _json.WriteString("contentType"u8, row.ContentType);
        _json.WriteEndObject();
    }

    /// <summary>Whether it may stand in an event as it is: what is not well-formed would break every event around it.</summary>
    private static bool IsJson(ReadOnlySpan<byte> value)
    {
        try
        {
            var reader = new Utf8JsonReader(value);
            while (reader.Read())
            {
                reader.Skip();
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>A line break in JSON is a blank between two tokens: inside of a string it is escaped.</summary>
    private static ReadOnlySpan<byte> OnOneLine(ReadOnlySpan<byte> json)
    {
        if (json.IndexOfAny((byte)'\r', (byte)'\n') < 0)
        {
            return json;
        }

        var line = json.ToArray();
        line.AsSpan().Replace((byte)'\r', (byte)' ');
        line.AsSpan().Replace((byte)'\n', (byte)' ');
        return line;
    }
}
