using System.Collections.Immutable;

namespace RaftCluster.Client;

/// <summary>Which rows to list: those with a prefix, those from a start up to an end, or all.</summary>
public sealed record RangeQuery
{
    /// <summary>Only keys that begin so; excludes <see cref="Start"/> and <see cref="End"/>.</summary>
    public string? Prefix { get; init; }

    /// <summary>The first key, inclusive.</summary>
    public string? Start { get; init; }

    /// <summary>The last key, exclusive.</summary>
    public string? End { get; init; }

    /// <summary>Only rows of which all these hold; for tables with columns, judged by the node.</summary>
    public ImmutableArray<Filter> Where { get; init; } = [];

    /// <summary>Leaves the values out.</summary>
    public bool KeysOnly { get; init; }

    /// <summary>From the last key to the first.</summary>
    public bool Descending { get; init; }

    /// <summary>How many rows one request asks for: a hint that never limits the whole. Null for the node's own choice.</summary>
    public int? PageSize { get; init; }

    /// <summary>At most this many rows in all; null for every one.</summary>
    public long? Limit { get; init; }

    /// <summary>All keys that begin so.</summary>
    /// <param name="prefix">The beginning; empty for every row.</param>
    public static RangeQuery ForPrefix(string prefix) => new() { Prefix = prefix };
}

/// <summary>One page of rows. All pages of a listing show the same revision.</summary>
/// <param name="Revision">The revision they show.</param>
/// <param name="Rows">The rows, in key order.</param>
/// <param name="Next">What continues the listing; null at its end.</param>
/// <param name="Source">Who answered.</param>
public sealed record RangePage(long Revision, IReadOnlyList<Row> Rows, string? Next, Source Source);
