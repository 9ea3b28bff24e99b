using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.LogTool;

/// <summary>What a command entry holds, for people and for programs.</summary>
internal static class EntryText
{
    private const int MostShown = 3;

    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>In a few words.</summary>
    /// <exception cref="InvariantException">It is no entry.</exception>
    public static string Of(ReadOnlySpan<byte> entry)
    {
        var text = new StringBuilder();
        var reader = EntryCodec.ReadTransactions(entry);
        var count = 0;
        while (reader.Next(out var transaction))
        {
            if (++count <= MostShown)
            {
                text.Append(count == 1 ? "" : "; ");
                Append(text, transaction);
            }
        }

        return count <= MostShown
            ? text.ToString()
            : text.Append(CultureInfo.InvariantCulture, $"; and {count - MostShown} more").ToString();
    }

    /// <summary>All of it but the values, into an object that was begun.</summary>
    /// <exception cref="InvariantException">It is no entry; nothing was written.</exception>
    public static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> entry)
    {
        var check = EntryCodec.ReadTransactions(entry);
        while (check.Next(out _))
        {
        }

        var reader = EntryCodec.ReadTransactions(entry);
        json.WriteString("requestId", reader.Header.RequestId.ToString());
        json.WriteString("time", DateTime.UnixEpoch.AddTicks(reader.Header.Time * TimeSpan.TicksPerMicrosecond));
        json.WriteStartArray("transactions");
        while (reader.Next(out var transaction))
        {
            Write(json, transaction);
        }

        json.WriteEndArray();
    }

    private static void Append(StringBuilder text, in TransactionView transaction)
    {
        text.Append(Name(transaction.Kind)).Append(' ').Append(Show(transaction.Table)).Append(' ');
        switch (transaction.Kind)
        {
            case CommandKind.DeleteRange:
                text.Append('[').Append(Show(transaction.Start)).Append(", ").Append(Show(transaction.End)).Append(')');
                break;
            case CommandKind.Put:
                text.Append(Show(transaction.Key)).Append(CultureInfo.InvariantCulture, $" ({transaction.Value.Length} bytes)");
                break;
            default:
                text.Append(Show(transaction.Key));
                break;
        }

        var when = transaction.When.ToPrecondition();
        if (when.Kind != PreconditionKind.None)
        {
            text.Append(" if ").Append(Name(when.Kind)).Append(when.Revisions.IsEmpty ? "" : $" {string.Join(' ', when.Revisions)}");
        }
    }

    private static void Write(Utf8JsonWriter json, in TransactionView transaction)
    {
        json.WriteStartObject();
        json.WriteString("op", Name(transaction.Kind));
        WriteText(json, "table", transaction.Table);
        if (transaction.Kind == CommandKind.DeleteRange)
        {
            WriteText(json, "start", transaction.Start);
            WriteText(json, "end", transaction.End);
        }
        else
        {
            WriteText(json, "key", transaction.Key);
        }

        if (transaction.Kind == CommandKind.Put)
        {
            json.WriteNumber("valueLength", transaction.Value.Length);
            if (!transaction.ContentType.IsEmpty)
            {
                WriteText(json, "contentType", transaction.ContentType);
            }
        }

        var when = transaction.When.ToPrecondition();
        if (when.Kind != PreconditionKind.None)
        {
            json.WriteStartObject("when");
            json.WriteString("kind", Name(when.Kind));
            json.WriteStartArray("revisions");
            foreach (var revision in when.Revisions)
            {
                json.WriteNumberValue(revision);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary>As text when it is text, otherwise in base 64 under a name that says so.</summary>
    private static void WriteText(Utf8JsonWriter json, string name, ReadOnlySpan<byte> bytes)
    {
        if (Text(bytes) is { } text)
        {
            json.WriteString(name, text);
        }
        else
        {
            json.WriteBase64String(name + "64", bytes);
        }
    }

    /// <summary>For a terminal: nothing that could move its cursor.</summary>
    private static string Show(ReadOnlySpan<byte> bytes) => Text(bytes) is not { } text
        ? $"0x{Convert.ToHexStringLower(bytes)}"
        : bytes.IsEmpty || text.Any(letter => char.IsWhiteSpace(letter) || char.IsControl(letter) || letter is '"' or '\\')
            ? $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\""
            : text;

    private static string? Text(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return _strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static string Name(CommandKind kind) => kind switch
    {
        CommandKind.Put => "put",
        CommandKind.Delete => "delete",
        _ => "delete-range",
    };

    private static string Name(PreconditionKind kind) => kind switch
    {
        PreconditionKind.Exists => "exists",
        PreconditionKind.Absent => "absent",
        PreconditionKind.RevisionIn => "revision-in",
        PreconditionKind.RevisionNotIn => "revision-not-in",
        _ => "any",
    };
}
