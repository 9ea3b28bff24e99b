using System.Globalization;

namespace RaftCluster.Node.LogTool;

/// <summary>What is to be done with a log.</summary>
internal enum LogVerb
{
    /// <summary>Show its records.</summary>
    Dump,

    /// <summary>Check all of it.</summary>
    Verify,
}

/// <summary>What somebody asked of <c>raftcluster-node log</c>.</summary>
/// <param name="Verb">What is to be done.</param>
/// <param name="Folder">A node's data folder, or the log's folder in it.</param>
/// <param name="Json">JSON, one object a line, for programs.</param>
/// <param name="From">The first index that is shown.</param>
/// <param name="To">The last index that is shown.</param>
internal sealed record LogRequest(LogVerb Verb, string Folder, bool Json, long From, long To)
{
    /// <summary>What <c>--help</c> prints.</summary>
    public const string Help = """
        raftcluster-node log: reads a node's log as it is on disk, and changes nothing

        Usage: raftcluster-node log dump FOLDER [--json] [--from INDEX] [--to INDEX]
               raftcluster-node log verify FOLDER [--json]

          dump      every record in the order of writing, with what it holds and what it replaces
          verify    totals, first and last entry, and everything that is damaged

        FOLDER is a node's data folder, or the log folder in it.
        Exit codes: 0 sound, 2 usage, 3 no such log, 5 the disk fails, 7 damaged. A torn tail is what a crash leaves,
        and no damage.
        """;

    /// <summary>Whether only some of the entries are wanted.</summary>
    public bool IsPartial => From > 1 || To < long.MaxValue;

    /// <summary>Reads the words after <c>log</c>.</summary>
    /// <param name="words">The words.</param>
    /// <param name="fault">What is wrong with them; null when help was asked for.</param>
    /// <returns>Null when there is nothing to do.</returns>
    public static LogRequest? Read(ReadOnlySpan<string> words, out string? fault)
    {
        fault = null;
        LogVerb? verb = null;
        string? folder = null;
        var (json, from, to) = (false, 1L, long.MaxValue);
        for (var at = 0; at < words.Length; at++)
        {
            switch (words[at])
            {
                case "--help" or "-h" or "-?":
                    return null;
                case "--json":
                    json = true;
                    break;
                case "--from" or "--to" when verb != LogVerb.Verify:
                    if (at + 1 == words.Length
                        || !long.TryParse(words[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var index))
                    {
                        fault = $"{words[at]} needs an index";
                        return null;
                    }

                    (from, to) = words[at] == "--from" ? (index, to) : (from, index);
                    at++;
                    break;
                case "dump" when verb is null:
                    verb = LogVerb.Dump;
                    break;
                case "verify" when verb is null:
                    verb = LogVerb.Verify;
                    break;
                case var path when verb is not null && folder is null && path.Length > 0 && path[0] != '-':
                    folder = path;
                    break;
                case var other:
                    fault = verb is null ? $"'{other}' is neither dump nor verify" : $"'{other}' means nothing to log {Word(verb.Value)}";
                    return null;
            }
        }

        fault = verb is null ? "log needs dump or verify" : folder is null ? $"log {Word(verb.Value)} needs a folder" : null;
        return fault is null ? new LogRequest(verb!.Value, folder!, json, from, to) : null;
    }

    private static string Word(LogVerb verb) => verb == LogVerb.Dump ? "dump" : "verify";
}
