using System.Text;
using RaftCluster.Node.Changes;
using RaftCluster.Node.Consistency;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http.Feeds;

/// <summary>From where on a reader follows the changes, and which.</summary>
/// <param name="From">The first revision; 0 for all rows first; null for what comes from now on.</param>
/// <param name="FromField">What said so.</param>
/// <param name="Filter">Which changes.</param>
internal sealed record FeedQuery(long? From, string FromField, ChangeFilter Filter)
{
    /// <summary>The parameters of the feed, but for those that stand for headers.</summary>
    public static readonly string[] Parameters = ["from", "table", "prefix", "op"];

    private static readonly (string Name, ChangeOperation Operation)[] _operations =
        [("insert", ChangeOperation.Insert), ("update", ChangeOperation.Update), ("delete", ChangeOperation.Delete)];

    /// <summary>Reads the query, and where a reader that was cut off goes on.</summary>
    /// <param name="query">The parameters.</param>
    /// <param name="headers">The headers.</param>
    /// <param name="history">Whose cursors are good here.</param>
    /// <param name="feed">What was read.</param>
    /// <returns>What is wrong; null when nothing is.</returns>
    public static Problem? Read(in QueryParameters query, IHeaderDictionary headers, History history, out FeedQuery? feed)
    {
        feed = null;
        byte[]? prefix = null;
        string? table = null;
        ChangeOperation[] operations = [];
        long? last = null;
        var problem = ReadFrom(in query, out var from)
            ?? ReadLast(headers, history, out last)
            ?? ReadTable(in query, out table)
            ?? Keys.Read(in query, "prefix", out prefix)
            ?? ReadOperations(in query, out operations)
            ?? query.RefuseRest(Parameters);
        if (problem is not null)
        {
            return problem;
        }

        // A browser that was cut off asks the same again, and says in the header how far it came.
        var filter = new ChangeFilter(table, prefix, operations);
        feed = last is { } seen
            ? new FeedQuery(seen + 1, HeaderNames.LastEventId, filter)
            : new FeedQuery(from, "from", filter);
        return null;
    }

    private static Problem? ReadFrom(in QueryParameters query, out long? from)
    {
        from = null;
        if (query.Take("from") is not { } text)
        {
            return null;
        }

        from = Numbers.Read(text, 0, long.MaxValue);
        return from is null
            ? Problem.Malformed("from", "from is no revision: a whole number is expected, 0 for all rows first")
            : null;
    }

    private static Problem? ReadLast(IHeaderDictionary headers, History history, out long? last)
    {
        last = null;
        var text = headers[HeaderNames.LastEventId].ToString();
        if (text.Length == 0)
        {
            return null;
        }

        var end = text.IndexOf('@', StringComparison.Ordinal);
        var (revision, mark) = end < 0 ? (text, "") : (text[..end], text[end..]);
        last = Numbers.Read(revision, 0, long.MaxValue - 1);
        if (last is not null && mark != history.CursorMark)
        {
            return Problem.Malformed(
                HeaderNames.LastEventId,
                $"Last-Event-ID is of another history: this is {history}, begun from a backup or by a recovery, and may hold other "
                    + "things under the same revision; begin anew, with from=0 for all rows");
        }

        return last is null
            ? Problem.Malformed(HeaderNames.LastEventId, "Last-Event-ID is no revision: send back the id of the last event")
            : null;
    }

    private static Problem? ReadTable(in QueryParameters query, out string? table)
    {
        table = query.Take("table");
        var length = table is null ? 1 : Encoding.UTF8.GetByteCount(table);
        return length is >= 1 and <= EntryCodec.MaximumTableLength
            ? null
            : Problem.Malformed("table", $"table has {length} bytes: a table's name has 1 to {EntryCodec.MaximumTableLength}");
    }

    private static Problem? ReadOperations(in QueryParameters query, out ChangeOperation[] operations)
    {
        operations = [];
        if (query.Take("op") is not { } text)
        {
            return null;
        }

        var names = text.Split(',');
        operations = [.. _operations.Where(known => names.Contains(known.Name)).Select(known => known.Operation)];
        return Array.Find(names, name => !Array.Exists(_operations, known => known.Name == name)) is { } unknown
            ? Problem.Malformed("op", $"op is a list of {string.Join(", ", _operations.Select(known => known.Name))}, not '{unknown}'")
            : null;
    }
}
