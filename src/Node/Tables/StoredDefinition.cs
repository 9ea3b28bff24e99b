using System.Collections.Immutable;
using System.Text.Json;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Tables;

/// <summary>
/// Reads definitions back from <c>$tables</c>, where a column may have one member more: what rows show that are older
/// than it.
/// </summary>
internal static class StoredDefinition
{
    /// <summary>The member for <see cref="Column.Earlier"/>.</summary>
    public const string Earlier = "earlier";

    /// <summary>Reads a stored definition.</summary>
    /// <exception cref="InvariantException">It is none that this code or an older version of it wrote.</exception>
    public static TableDefinition Read(ReadOnlyMemory<byte> stored)
    {
        using var document = JsonDocument.Parse(stored, StrictJson.Options);
        var root = document.RootElement;
        var columns = root.TryGetProperty("columns", out var list)
            ? list.EnumerateArray().Select(ReadColumn).ToImmutableArray()
            : default;
        var key = root.GetProperty("key").ValueEquals("revision") ? TableKey.Revision : TableKey.Given;
        return new TableDefinition(columns, key)
        {
            MaxRows = root.TryGetProperty("maxRows", out var rows) ? rows.GetInt64() : null,
            MaxBytes = root.TryGetProperty("maxBytes", out var bytes) ? bytes.GetInt64() : null,
        };
    }

    private static Column ReadColumn(JsonElement column)
    {
        var known = ColumnTypes.TryParse(column.GetProperty("type").GetString(), out var type);
        Invariant.Holds(known, "a stored column has a type");
        return new Column(
            column.GetProperty("name").GetString()!,
            type,
            column.GetProperty("nullable").GetBoolean(),
            column.TryGetProperty("default", out var settled) ? DefinitionReader.ReadDefault(settled) : null,
            column.TryGetProperty(Earlier, out var earlier) ? JsonText.Of(earlier) : null);
    }
}
