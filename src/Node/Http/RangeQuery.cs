using System.Collections.Immutable;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using RaftCluster.Node.Consistency;
using RaftCluster.Node.Tables;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>Which rows a request for a range means, and how it wants them.</summary>
internal sealed record RangeQuery
{
    /// <summary>The most rows one page may have; without a limit there is no page, and all rows are streamed.</summary>
    public const int MostLimit = 100_000;

    /// <summary>The parameters of a request for a range.</summary>
    public static readonly string[] Parameters =
        ["prefix", "start", "end", "limit", "after", "keys", "count", "order", "rev"];

    /// <summary>The parameters of a request for a range of rows that have columns.</summary>
    public static readonly string[] ParametersOfTables = [.. Parameters, "where"];

    /// <summary>The most filters.</summary>
    private const int MostFilters = 16;

    /// <summary>The table whose rows are meant.</summary>
    public string Table { get; private init; } = TableNames.KeyValue;

    /// <summary>What the rows must be like.</summary>
    public ImmutableArray<Where> Filters { get; private init; } = [];

    /// <summary>All keys that are meant.</summary>
    public KeyRange Range { get; private init; }

    /// <summary>The most rows in the answer; null for all.</summary>
    public int? Limit { get; private init; }

    /// <summary>Where the page before this one ended; null for the first page.</summary>
    public PageToken? After { get; private init; }

    /// <summary>Without the values.</summary>
    public bool KeysOnly { get; private init; }

    /// <summary>The number of rows alone.</summary>
    public bool CountOnly { get; private init; }

    /// <summary>From the last key to the first.</summary>
    public bool Descending { get; private init; }

    /// <summary>The revision that was asked for; null for the newest.</summary>
    public long? Revision { get; private init; }

    /// <summary>What a page token is bound to: two queries of one hash show the same rows in the same order and form.</summary>
    public ulong Hash { get; private init; }

    /// <summary>The keys from <see cref="After"/> on.</summary>
    public KeyRange Rest => After is { } page ? Continue(page.Key) : Range;

    /// <summary>The keys behind <paramref name="key"/>, in the query's order.</summary>
    public KeyRange Continue(ReadOnlyMemory<byte> key) =>
        Descending ? Range with { End = key } : Range with { Start = (byte[])[.. key.Span, 0] };

    /// <summary>Reads the query.</summary>
    /// <param name="query">The request's parameters.</param>
    /// <param name="table">The table whose rows are meant.</param>
    /// <param name="history">Whose revisions are meant.</param>
    /// <param name="range">What was read.</param>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public static Problem? Read(in QueryParameters query, string table, History history, out RangeQuery range)
    {
        range = new RangeQuery();
        var (keys, count, descending) = (false, false, false);
        long? revision = null;
        int? limit = null;
        PageToken? after = null;
        ImmutableArray<Where> filters = [];
        var problem = ReadRange(in query, out var keyRange)
            ?? query.TakeSwitch("keys", out keys)
            ?? query.TakeSwitch("count", out count)
            ?? ReadOrder(in query, out descending)
            ?? RowsRead.ReadRevision(in query, out revision)
            ?? ReadLimit(in query, out limit)
            ?? ReadAfter(in query, out after)
            ?? ReadFilters(in query, table, out filters)
            ?? query.RefuseRest(TableNames.HasObjects(table) ? ParametersOfTables : Parameters);
        if (problem is not null)
        {
            return problem;
        }

        if (count && (limit is not null || after is not null))
        {
            var field = limit is not null ? "limit" : "after";
            return Problem.Malformed(field, $"{field} does not go with count=true: the count is of all rows");
        }

        range = new RangeQuery
        {
            Table = table,
            Filters = filters,
            Range = keyRange,
            Limit = limit,
            After = after,
            KeysOnly = keys,
            CountOnly = count,
            Descending = descending,
            Revision = revision,
            Hash = HashOf(table, filters, keyRange, keys, descending, revision, history),
        };
        return after is { } page && (page.Query != range.Hash || !range.Contains(page.Key.Span))
            ? Problem.Malformed("after", "after is a page token of another query: repeat the query it came from, limit aside")
            : null;
    }

    private bool Contains(ReadOnlySpan<byte> key) =>
        key.SequenceCompareTo(Range.Start.Span) >= 0
        && (Range.End.IsEmpty || key.SequenceCompareTo(Range.End.Span) < 0);

    private static Problem? ReadRange(in QueryParameters query, out KeyRange range)
    {
        range = KeyRange.All;
        byte[]? start = null;
        byte[]? end = null;
        var problem = Keys.Read(in query, "prefix", out var prefix)
            ?? Keys.Read(in query, "start", out start)
            ?? Keys.Read(in query, "end", out end);
        if (problem is not null)
        {
            return problem;
        }

        if (prefix is not null)
        {
            range = KeyRange.Prefix(prefix);
            return start is null && end is null
                ? null
                : Problem.Malformed("prefix", "prefix does not go with start or end: state one or the other");
        }

        range = new KeyRange(start, end);
        return start is not null && end is { Length: > 0 } && end.AsSpan().SequenceCompareTo(start) < 0
            ? Problem.Malformed("end", "end is before start")
            : null;
    }

    private static Problem? ReadOrder(in QueryParameters query, out bool descending)
    {
        var order = query.Take("order");
        descending = order == "desc";
        return order is null or "asc" or "desc" ? null : Problem.Malformed("order", $"order is asc or desc, not '{order}'");
    }

    private static Problem? ReadLimit(in QueryParameters query, out int? limit)
    {
        limit = null;
        if (query.Take("limit") is not { } text)
        {
            return null;
        }

        limit = (int?)Numbers.Read(text, 1, MostLimit);
        return limit is null ? Problem.Malformed("limit", $"limit is a whole number from 1 to {MostLimit}, not '{text}'") : null;
    }

    private static Problem? ReadAfter(in QueryParameters query, out PageToken? after)
    {
        after = null;
        if (query.Take("after") is not { } text)
        {
            return null;
        }

        var sound = PageToken.TryParse(text, out var token);
        after = token;
        return sound ? null : Problem.Malformed("after", "after holds no page token: send back what an answer's next held");
    }

    private static Problem? ReadFilters(in QueryParameters query, string table, out ImmutableArray<Where> filters)
    {
        filters = [];
        if (!TableNames.HasObjects(table))
        {
            return null;
        }

        var read = ImmutableArray.CreateBuilder<Where>();
        foreach (var text in query.TakeAll("where"))
        {
            if (Where.Parse(text) is not { } where)
            {
                return Problem.Malformed("where", $"where is {Where.Form}, not '{text}'");
            }

            read.Add(where);
        }

        filters = read.DrainToImmutable();
        return filters.Length <= MostFilters ? null : Problem.Malformed("where", $"where is stated more than {MostFilters} times");
    }

    private static ulong HashOf(
        string table, ImmutableArray<Where> filters, KeyRange range, bool keys, bool descending, long? revision, History history)
    {
        var hash = new XxHash3();
        if (table != TableNames.KeyValue)
        {
            hash.Append(Encoding.UTF8.GetBytes($"{table}/{filters.Length}/"));
        }

        foreach (var where in filters)
        {
            hash.Append(Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $"{where.Column.Length}/{where.Text.Length}/{where.Comparison}/{where.Column}{where.Text}")));
        }

        hash.Append(Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"{history.ClusterId:x16}/{history.Epoch}/{keys}/{descending}/{revision}/{range.Start.Length}/")));
        hash.Append(range.Start.Span);
        hash.Append(range.End.Span);
        return hash.GetCurrentHashAsUInt64();
    }
}
