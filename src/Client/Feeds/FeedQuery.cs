using System.Collections.Immutable;
using System.Globalization;

namespace RaftCluster.Client;

/// <summary>Which changes to follow, and from where on.</summary>
public sealed record FeedQuery
{
    /// <summary>
    /// The first revision, which may be in the future; 0 for all rows as they are now and then what changes; null for what
    /// changes from now on.
    /// </summary>
    public long? From { get; init; }

    /// <summary>Only rows of this table; null for every table.</summary>
    public string? Table { get; init; }

    /// <summary>Only rows whose key begins so.</summary>
    public string? Prefix { get; init; }

    /// <summary>Only these kinds of changes; none for all. The rows of <see cref="From"/> 0 come in any case.</summary>
    public ImmutableArray<ChangeKind> Kinds { get; init; }

    /// <summary>For how long no node may serve the feed before it fails; null, the default, for as long as that takes.</summary>
    public TimeSpan? Patience { get; init; }

    internal string Target(long? from)
    {
        var parameters = new List<string>();
        if (from is { } revision)
        {
            parameters.Add(string.Create(CultureInfo.InvariantCulture, $"from={revision}"));
        }

        if (Table is not null)
        {
            parameters.Add($"table={Uri.EscapeDataString(Table)}");
        }

        if (Prefix is not null)
        {
            parameters.Add($"prefix={Uri.EscapeDataString(Prefix)}");
        }

        if (!Kinds.IsDefaultOrEmpty)
        {
            parameters.Add($"op={string.Join(',', Kinds.Select(NameOf))}");
        }

        return parameters.Count == 0 ? "/v1/changes" : $"/v1/changes?{string.Join('&', parameters)}";
    }

    private static string NameOf(ChangeKind kind) => kind switch
    {
        ChangeKind.Insert => "insert",
        ChangeKind.Update => "update",
        ChangeKind.Delete => "delete",
        _ => throw new ArgumentException($"A feed can't be asked for {kind} alone."),
    };
}
