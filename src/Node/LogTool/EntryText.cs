using System.Globalization;
using System.Text;
using System.Text.Json;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.LogTool;

/// <summary>What a command entry holds, for people and for programs.</summary>
internal static class EntryText
{
    private const int MostShown = 3;

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
        if (transaction.Frame is { } frame)
        {
            Append(text, frame);
        }

        if (transaction.Transaction is { } several)
        {
            TransactionText.Append(text, several);
            return;
        }

        text.Append(Name(transaction.Kind)).Append(' ').Append(BytesText.Show(transaction.Table)).Append(' ');
        switch (transaction.Kind)
        {
            case CommandKind.DeleteRange:
                text.Append('[').Append(BytesText.Show(transaction.Start)).Append(", ").Append(BytesText.Show(transaction.End)).Append(')');
                break;
            case CommandKind.Put:
                text.Append(BytesText.Show(transaction.Key)).Append(CultureInfo.InvariantCulture, $" ({transaction.Value.Length} bytes)");
                break;
            default:
                text.Append(BytesText.Show(transaction.Key));
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
        if (transaction.Frame is { } frame)
        {
            Write(json, frame);
        }

        if (transaction.Transaction is { } several)
        {
            TransactionText.Write(json, several);
            json.WriteEndObject();
            return;
        }

        json.WriteString("op", Name(transaction.Kind));
        BytesText.Write(json, "table", transaction.Table);
        if (transaction.Kind == CommandKind.DeleteRange)
        {
            BytesText.Write(json, "start", transaction.Start);
            BytesText.Write(json, "end", transaction.End);
        }
        else
        {
            BytesText.Write(json, "key", transaction.Key);
        }

        if (transaction.Kind == CommandKind.Put)
        {
            json.WriteNumber("valueLength", transaction.Value.Length);
            if (!transaction.ContentType.IsEmpty)
            {
                BytesText.Write(json, "contentType", transaction.ContentType);
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

    private static void Append(StringBuilder text, TransactionFrame frame)
    {
        if (frame.Key is { } terms)
        {
            text.Append("key ").Append(BytesText.Show(terms.Key)).Append(' ');
        }

        foreach (var (name, number) in frame.Fences)
        {
            text.Append(CultureInfo.InvariantCulture, $"fence {BytesText.Show(name)};{number} ");
        }
    }

    private static void Write(Utf8JsonWriter json, TransactionFrame frame)
    {
        if (frame.Key is { } terms)
        {
            json.WriteStartObject("idempotency");
            json.WriteString("key", terms.Key);
            json.WriteString("requestHash", terms.RequestHash.ToString("x32", CultureInfo.InvariantCulture));
            json.WriteNumber("keepForMs", terms.KeepForMs);
            json.WriteNumber("keepAtMost", terms.KeepAtMost);
            json.WriteEndObject();
        }

        json.WriteStartArray("fences");
        foreach (var (name, number) in frame.Fences)
        {
            json.WriteStartObject();
            json.WriteString("lock", name);
            json.WriteNumber("fence", number);
            json.WriteEndObject();
        }

        json.WriteEndArray();
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
