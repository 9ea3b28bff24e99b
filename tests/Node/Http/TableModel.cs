using System.Globalization;
using System.Text.Json;

namespace RaftCluster.Tests.Node.Http;

/// <summary>A table as a plain list of columns and a sorted list of rows, each a list of texts: what the node is compared with.</summary>
internal sealed class TableModel
{
    private readonly SortedDictionary<string, Dictionary<string, string>> _rows = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _earlier = [];
    private List<ModelColumn> _columns = [];

    /// <summary>Defines the table.</summary>
    /// <returns>Whether that can be.</returns>
    public bool Define(List<ModelColumn> columns, bool isNew)
    {
        foreach (var column in columns)
        {
            var before = _columns.Find(other => other.Name == column.Name);
            var fits = isNew
                || (before is null
                    ? column.Nullable || column.Default is not null
                    : (column.Type == before.Type || column.Type == "any") && (column.Nullable || !before.Nullable));
            if (!fits)
            {
                return false;
            }
        }

        foreach (var column in columns.Where(column => !isNew && _columns.TrueForAll(other => other.Name != column.Name)))
        {
            _earlier.Remove(column.Name);
            if (column.Default is not null)
            {
                _earlier[column.Name] = column.Default;
            }
        }

        _columns = columns;
        return true;
    }

    /// <summary>Puts a row.</summary>
    /// <returns>Whether its columns are right.</returns>
    public bool Put(string key, Dictionary<string, string> row)
    {
        if (row.Any(member => !Fits(member)) || _columns.Exists(column => !row.ContainsKey(column.Name) && column is { Nullable: false, Default: null }))
        {
            return false;
        }

        _rows[key] = _columns.ToDictionary(column => column.Name, column => row.GetValueOrDefault(column.Name) ?? column.Default ?? "null");
        return true;
    }

    /// <summary>Merges into a row.</summary>
    /// <returns>Whether its columns are right; null when there is no row.</returns>
    public bool? Patch(string key, Dictionary<string, string> patch)
    {
        if (patch.Any(member => !Fits(member)))
        {
            return false;
        }

        if (!_rows.TryGetValue(key, out var row))
        {
            return null;
        }

        foreach (var (name, value) in patch)
        {
            row[name] = Merge(row.GetValueOrDefault(name), value);
        }

        return true;
    }

    private static string Merge(string? before, string patch)
    {
        if (before is null || before[0] != '{' || patch[0] != '{')
        {
            return patch;
        }

        var member = patch[1..^1];
        return before.Contains(member, StringComparison.Ordinal) ? before : $"{before[..^1]},{member}}}";
    }

    public bool Delete(string key) => _rows.Remove(key);

    /// <summary>The rows that a filter lets through, as they are shown; null when the filter is wrong in this table.</summary>
    public List<(string Key, string Row)>? Where(string? column, string comparison, string value)
    {
        var of = _columns.Find(each => each.Name == column);
        if (of?.Type == "string" && value != "null" && value[0] != '"')
        {
            // Where text stands, text need no quotes.
            value = JsonSerializer.Serialize(value);
        }

        if (column is not null && (of is null || (value != "null" && of.Type != "any" && TypeOf(value) != of.Type)))
        {
            return null;
        }

        return [.. _rows.Where(row => column is null || Holds(Shown(row.Value, of!), comparison, value))
            .Select(row => (row.Key, "{" + string.Join(',', _columns.Select(each => $"\"{each.Name}\":{Shown(row.Value, each)}")) + "}"))];
    }

    private string Shown(Dictionary<string, string> row, ModelColumn column) =>
        row.TryGetValue(column.Name, out var value) && (value == "null" ? column.Nullable : IsOf(value, column.Type))
            ? value
            : _earlier.GetValueOrDefault(column.Name) ?? "null";

    private bool Fits(KeyValuePair<string, string> member) => _columns.Find(column => column.Name == member.Key) is { } column
        && (member.Value == "null" ? column.Nullable : IsOf(member.Value, column.Type));

    private static bool IsOf(string value, string type) => type == "any" || TypeOf(value) == type;

    public static string TypeOf(string value) => value[0] switch
    {
        '"' => "string",
        '{' => "object",
        '[' => "array",
        't' or 'f' => "boolean",
        _ => "number",
    };

    private static bool Holds(string left, string comparison, string right)
    {
        var (one, other) = (JsonDocument.Parse(left).RootElement, JsonDocument.Parse(right).RootElement);
        int? order = (one.ValueKind, other.ValueKind) switch
        {
            (JsonValueKind.Number, JsonValueKind.Number) =>
                decimal.Parse(left, CultureInfo.InvariantCulture).CompareTo(decimal.Parse(right, CultureInfo.InvariantCulture)),
            (JsonValueKind.String, JsonValueKind.String) => string.CompareOrdinal(one.GetString(), other.GetString()),
            (JsonValueKind.True or JsonValueKind.False, JsonValueKind.True or JsonValueKind.False) =>
                one.GetBoolean().CompareTo(other.GetBoolean()),
            _ => null,
        };
        var equal = order is null ? JsonElement.DeepEquals(one, other) : order == 0;
        return comparison switch
        {
            "eq" => equal,
            "ne" => !equal,
            "lt" => order < 0,
            "le" => order <= 0,
            "gt" => order > 0,
            _ => order >= 0,
        };
    }
}

/// <summary>A column of <see cref="TableModel"/>.</summary>
internal sealed record ModelColumn(string Name, string Type, bool Nullable, string? Default)
{
    public string Json => $"{{\"name\":\"{Name}\",\"type\":\"{Type}\",\"nullable\":{(Nullable ? "true" : "false")}{(Default is null ? "" : $",\"default\":{Default}")}}}";
}
