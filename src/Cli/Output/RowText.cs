using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary>A row for people and for programs.</summary>
internal static class RowText
{
    /// <summary>A row as a JSON line: its value as text when it is UTF-8, else as base64.</summary>
    internal static RowLine Line(Row row, bool withValue, Source? source = null)
    {
        var text = withValue && Utf8.IsValid(row.Value.Span);
        return new RowLine(
            row.Key,
            Found: true,
            text ? row.Text : null,
            withValue && !text ? Convert.ToBase64String(row.Value.Span) : null,
            row.ContentType,
            row.Revision,
            row.Created,
            row.Version,
            source is null ? null : new SourceLine(source.Node, source.Leader, source.Revision, source.Staleness?.TotalMilliseconds),
            row.Lease);
    }

    /// <summary>A table's row as a JSON line: its value is the JSON it is.</summary>
    internal static JsonRowLine JsonLine(Row row, bool withValue, Source? source = null) => new(
        row.Key,
        Found: true,
        withValue ? Parsed(row.Value) : null,
        row.Revision,
        row.Created,
        row.Version,
        row.Lease,
        source is null ? null : new SourceLine(source.Node, source.Leader, source.Revision, source.Staleness?.TotalMilliseconds));

    /// <summary>JSON as it is, with all digits of its numbers.</summary>
    internal static JsonElement Parsed(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    /// <summary>A value on one line, at most so many characters: control characters escaped, binary as its size.</summary>
    internal static string Preview(ReadOnlyMemory<byte> value, int most)
    {
        if (!Utf8.IsValid(value.Span))
        {
            return $"({value.Length} bytes)";
        }

        var line = Escaped(Encoding.UTF8.GetString(value.Span));
        return line.Length <= most ? line : string.Concat(line.AsSpan(0, most - 1), "…");
    }

    /// <summary>A value as one field of a tab separated line, from which it can be had back: binary as <c>base64:…</c>.</summary>
    internal static string Field(ReadOnlyMemory<byte> value) => Utf8.IsValid(value.Span)
        ? Escaped(Encoding.UTF8.GetString(value.Span))
        : "base64:" + Convert.ToBase64String(value.Span);

    /// <summary>Text on one line.</summary>
    internal static string Escaped(string text)
    {
        var line = new StringBuilder(text.Length);
        foreach (var letter in text)
        {
            _ = letter switch
            {
                '\\' => line.Append("\\\\"),
                '\t' => line.Append("\\t"),
                '\n' => line.Append("\\n"),
                '\r' => line.Append("\\r"),
                _ when char.IsControl(letter) =>
                    line.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}"),
                _ => line.Append(letter),
            };
        }

        return line.ToString();
    }
}
