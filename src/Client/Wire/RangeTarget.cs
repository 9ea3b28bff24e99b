using System.Globalization;
using System.Text;

namespace RaftCluster.Client;

/// <summary>A <see cref="RangeQuery"/> as path and query.</summary>
internal static class RangeTarget
{
    internal static string Page(string path, RangeQuery query, string? after, long? revision)
    {
        var target = Rows(path, query, revision);
        var limit = (query.PageSize, query.Limit) switch
        {
            ({ } size, { } most) => Math.Min(size, most),
            ({ } size, null) => size,
            (null, var most) => most,
        };
        Add(target, "limit", limit);
        Add(target, "keys", query.KeysOnly);
        Add(target, "after", after);
        return target.ToString();
    }

    internal static string Count(string path, RangeQuery query, long? revision)
    {
        var target = Rows(path, query, revision);
        Add(target, "count", value: true);
        return target.ToString();
    }

    private static StringBuilder Rows(string path, RangeQuery query, long? revision)
    {
        var target = new StringBuilder(path);
        Add(target, "prefix", query.Prefix);
        Add(target, "start", query.Start);
        Add(target, "end", query.End);
        foreach (var filter in query.Where.IsDefault ? [] : query.Where)
        {
            Add(target, "where", filter.ToString());
        }

        Add(target, "rev", revision);
        if (query.Descending)
        {
            Add(target, "order", "desc");
        }

        return target;
    }

    private static void Add(StringBuilder target, string name, bool value)
    {
        if (value)
        {
            Add(target, name, "true");
        }
    }

    private static void Add(StringBuilder target, string name, long? value) =>
        Add(target, name, value?.ToString(CultureInfo.InvariantCulture));

    private static void Add(StringBuilder target, string name, string? value)
    {
        if (value is not null)
        {
            _ = target.Append(target.ToString().Contains('?', StringComparison.Ordinal) ? '&' : '?')
                .Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }
}
