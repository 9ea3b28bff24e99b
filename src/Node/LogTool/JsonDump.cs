using System.Globalization;
using System.IO.Hashing;
using System.Text.Encodings.Web;
using System.Text.Json;
using RaftCluster.Node.Consensus.Log;

namespace RaftCluster.Node.LogTool;

/// <summary>For programs: one object a line. Values are left out; the payload's hash (XXH3, 128 bits) tells two entries apart.</summary>
internal sealed class JsonDump : IDump, IDisposable
{
    private readonly Stream _output;
    private readonly Utf8JsonWriter _json;

    public JsonDump(Stream output) => (_output, _json) =
        (output, new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));

    /// <inheritdoc/>
    public void Show(LogStep step, string? malformed)
    {
        _json.WriteStartObject();
        _json.WriteString("record", step.Finding switch
        {
            LogFinding.Void => "void",
            LogFinding.SegmentBegins => "segment",
            LogFinding.Written => "entry",
            LogFinding.Marked => "mark",
            LogFinding.Torn => "torn",
            _ => "damage",
        });
        _json.WriteString("file", step.Finding.File);
        _json.WriteNumber("offset", step.Finding.Offset);
        if (step.Index is { } index)
        {
            _json.WriteNumber("index", index);
        }

        switch (step.Finding)
        {
            case LogFinding.Void gone:
                _json.WriteString("since", gone.Since);
                break;
            case LogFinding.SegmentBegins begins:
                _json.WriteNumber("sequence", begins.Sequence);
                _json.WriteNumber("baseIndex", begins.BaseIndex);
                _json.WriteBoolean("beginsAnew", begins.BeginsAnew);
                _json.WriteNumber("baseTerm", begins.BaseTerm);
                break;
            case LogFinding.Written written:
                Write(written, step.Replaces, malformed);
                break;
            case LogFinding.Damaged damaged:
                _json.WriteString("what", damaged.What);
                break;
            default:
                break;
        }

        _json.WriteEndObject();
        _json.Flush();
        _json.Reset();
        _output.WriteByte((byte)'\n');
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    private void Write(LogFinding.Written written, Replaced? replaces, string? malformed)
    {
        var entry = written.Entry;
        _json.WriteNumber("term", entry.Term);
        _json.WriteNumber("previousTerm", written.PreviousTerm);
        _json.WriteString("kind", Kinds.Name(entry.Kind));
        _json.WriteNumber("length", entry.Payload.Length);
        _json.WriteNumber("synced", written.Synced);
        _json.WriteString("payloadHash", XxHash128.HashToUInt128(entry.Payload.Span).ToString("x32", CultureInfo.InvariantCulture));
        if (malformed is not null)
        {
            _json.WriteString("malformed", malformed);
        }
        else if (entry.Kind == LogEntryKind.Command && !entry.Payload.IsEmpty)
        {
            EntryText.Write(_json, entry.Payload.Span);
        }

        if (replaces is { } gone)
        {
            _json.WriteStartObject("replaces");
            _json.WriteNumber("first", gone.First);
            _json.WriteNumber("last", gone.Last);
            _json.WriteNumber("firstTerm", gone.FirstTerm);
            _json.WriteNumber("lastTerm", gone.LastTerm);
            _json.WriteEndObject();
        }
    }
}
