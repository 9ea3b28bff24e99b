using System.Text;
using System.Text.RegularExpressions;

namespace RaftCluster.Tests.Architecture;

/// <summary>A C# source.</summary>
/// <param name="Path">From the root of the working copy, with forward slashes.</param>
/// <param name="Text">All of it.</param>
internal sealed record SourceFile(string Path, string Text)
{
    /// <summary>Only what the compiler acts on: without comments and the contents of strings and characters.</summary>
    public string Code { get; } = Strip(Text);

    /// <summary>How many lines it has.</summary>
    public int Lines => Text.Length == 0 ? 0 : Text.AsSpan().TrimEnd('\n').Count('\n') + 1;

    /// <summary>Reads a file.</summary>
    public static SourceFile Read(string root, FileInfo file) =>
        new(System.IO.Path.GetRelativePath(root, file.FullName).Replace('\\', '/'), File.ReadAllText(file.FullName));

    /// <summary>Whether its code names something as a whole word.</summary>
    public bool Names(string word) => Regex.IsMatch(Code, $@"(?<![\w@]){Regex.Escape(word)}(?!\w)");

    private static string Strip(string text)
    {
        var code = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length;)
        {
            var next = SkipFrom(text, at);
            if (next == at)
            {
                code.Append(text[at++]);
            }
            else
            {
                code.Append(' ');
                at = next;
            }
        }

        return code.ToString();
    }

    /// <summary>The end of the comment or literal that begins at a place; the place itself when none does.</summary>
    private static int SkipFrom(string text, int at)
    {
        var rest = text.AsSpan(at);
        if (rest.StartsWith("//"))
        {
            return EndOf(text, "\n", at);
        }

        if (rest.StartsWith("/*"))
        {
            return EndOf(text, "*/", at + 2) + 2;
        }

        if (rest.StartsWith("\"\"\""))
        {
            var quotes = rest.Length - rest.TrimStart('"').Length;
            return EndOf(text, new string('"', quotes), at + quotes) + quotes;
        }

        return rest[0] is '"' or '\'' ? EndOfLiteral(text, at) : at;
    }

    private static int EndOfLiteral(string text, int at)
    {
        var quote = text[at];
        var verbatim = quote == '"' && at > 0 && (text[at - 1] == '@' || (at > 1 && text[(at - 2)..at] is "@$"));
        for (var i = at + 1; i < text.Length; i++)
        {
            if (text[i] == '\\' && !verbatim)
            {
                i++;
            }
            else if (text[i] == quote)
            {
                if (!verbatim || i + 1 >= text.Length || text[i + 1] != quote)
                {
                    return i + 1;
                }

                i++;
            }
        }

        return text.Length;
    }

    private static int EndOf(string text, string mark, int from) =>
        text.IndexOf(mark, Math.Min(from, text.Length), StringComparison.Ordinal) is var end and >= 0 ? end : text.Length;
}
