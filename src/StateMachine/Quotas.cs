using System.Globalization;
using System.Text;
using System.Text.Json;

namespace RaftCluster.StateMachine;

/// <summary>How much a table holds.</summary>
/// <param name="Rows">How many rows.</param>
/// <param name="Bytes">The bytes of their keys and values, as they are kept.</param>
public readonly record struct TableSize(long Rows, long Bytes)
{
    /// <summary>Adds.</summary>
    public static TableSize operator +(TableSize one, TableSize other) => new(one.Rows + other.Rows, one.Bytes + other.Bytes);
}

/// <summary>How much a table may hold.</summary>
/// <param name="Rows">The most rows; null for any number.</param>
/// <param name="Bytes">The most bytes of keys and values; null for any.</param>
internal readonly record struct Quota(long? Rows, long? Bytes)
{
    /// <summary>Why a change is too much; null when it is not. What makes a table smaller never is, however large it stays.</summary>
    /// <param name="table">The table's name.</param>
    /// <param name="before">What it holds.</param>
    /// <param name="change">By how much that would change.</param>
    public string? Refuse(string table, TableSize before, TableSize change)
    {
        var after = before + change;
        return change.Rows > 0 && Rows is { } rows && after.Rows > rows ? Say("rows", "maxRows", rows, before.Rows, after.Rows)
            : change.Bytes > 0 && Bytes is { } bytes && after.Bytes > bytes ? Say("bytes of keys and values", "maxBytes", bytes, before.Bytes, after.Bytes)
            : null;

        string Say(string what, string name, long most, long now, long then) => string.Create(
            NumberFormatInfo.InvariantInfo, $"table '{table}' may hold {most} {what} ({name}), and holds {now}: this would make it {then}");
    }
}

/// <summary>The quotas of all tables that have one, as their definitions say: rows of <c>$tables</c>.</summary>
internal sealed class Quotas
{
    private readonly Dictionary<string, Quota> _of = new(StringComparer.Ordinal);

    /// <summary>Whether any table has one.</summary>
    public bool Any => _of.Count > 0;

    /// <summary>A table's; null when it has none.</summary>
    public Quota? Find(string table) => _of.TryGetValue(table, out var quota) ? quota : null;

    /// <summary>A table's definition was written, or removed.</summary>
    /// <param name="table">The table's name.</param>
    /// <param name="definition">The definition; empty for none.</param>
    public void Follow(string table, ReadOnlySpan<byte> definition)
    {
        _of.Remove(table);
        if (definition.IsEmpty)
        {
            return;
        }

        var reader = new Utf8JsonReader(definition);
        using var json = JsonDocument.ParseValue(ref reader);
        if (json.RootElement.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        var quota = new Quota(Number(json.RootElement, "maxRows"), Number(json.RootElement, "maxBytes"));
        if (quota != default)
        {
            _of.Add(table, quota);
        }
    }

    /// <inheritdoc cref="Follow(string, ReadOnlySpan{byte})"/>
    public void Follow(ReadOnlySpan<byte> table, ReadOnlySpan<byte> definition) => Follow(Encoding.UTF8.GetString(table), definition);

    private static long? Number(JsonElement definition, string name) =>
        definition.TryGetProperty(name, out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt64(out var most)
            ? most
            : null;
}
