using System.Text.Json;
using RaftCluster.Node.Tables;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http.Transactions;

/// <summary>
/// A condition as a caller writes it: <c>{"table":"kv","key":"a","revision":5,"op":"eq"}</c>. It looks at one of
/// revision, version, created, exists, value (or value64), or a column's value.
/// </summary>
/// <param name="Place">Where it stands in the request.</param>
/// <param name="Table">The table's name.</param>
/// <param name="Bind">What it is, when the table is known.</param>
internal sealed record ConditionInput(string Place, string Table, Binding<IReadOnlyList<Condition>> Bind)
{
    private static readonly string[] _subjects = ["revision", "version", "created", "exists", "value", "value64", "column"];

    /// <summary>Reads a condition.</summary>
    public static Fault? Read(JsonElement json, string place, out ConditionInput condition)
    {
        var reader = new ObjectReader(json);
        var table = TableOf(reader);
        var key = reader.RequiredKey();
        var comparison = ReadComparison(reader);
        var bind = Subject(reader) is { } subject ? Read(reader, subject, table, key, comparison) : null;
        reader.End();
        condition = new ConditionInput(place, table, bind!);
        return reader.Fault?.In(place);
    }

    /// <summary>Reads the name of a table; the built-in one when none is stated.</summary>
    public static string TableOf(ObjectReader reader)
    {
        var table = reader.Text("table") ?? TableNames.KeyValue;
        if (TablePath.Check("table", table) is not null)
        {
            reader.Fail("table", $"is no name of a table: {TableNames.Form}");
        }

        return table;
    }

    /// <summary>The one thing that is looked at; null when it is not one.</summary>
    private static string? Subject(ObjectReader reader)
    {
        var stated = _subjects.Where(reader.Has).ToList();
        if (stated.Contains("column"))
        {
            stated.Remove("value");
        }

        if (stated.Count == 1)
        {
            return stated[0];
        }

        reader.Fail(
            stated.Count == 0 ? "" : stated[1],
            stated.Count == 0
                ? $"states nothing to look at: one of {string.Join(", ", _subjects)}"
                : $"is stated beside {stated[0]}: a condition looks at one thing");
        return null;
    }

    private static Comparison ReadComparison(ObjectReader reader)
    {
        if (!reader.Has("op"))
        {
            return Comparison.Equal;
        }

        if (!Where.TryParse(reader.Text("op"), out var comparison))
        {
            reader.Fail("op", "is one of eq, ne, lt, le, gt, ge");
        }

        return comparison;
    }

    private static Binding<IReadOnlyList<Condition>> Read(
        ObjectReader reader, string subject, string table, byte[] key, Comparison comparison)
    {
        switch (subject)
        {
            case "exists":
                if (comparison is not (Comparison.Equal or Comparison.NotEqual))
                {
                    reader.Fail("op", "is eq or ne: a row is there or not");
                }

                return Always(Condition.OnNumber(table, key, ConditionSubject.Exists, comparison, reader.Switch(subject) ? 1 : 0));
            case "revision":
                return OnNumber(reader, subject, ConditionSubject.Revision, table, key, comparison);
            case "version":
                return OnNumber(reader, subject, ConditionSubject.Version, table, key, comparison);
            case "created":
                return OnNumber(reader, subject, ConditionSubject.Created, table, key, comparison);
            case "column":
                return OnColumn(reader, key, comparison);
            default:
                return TableNames.HasObjects(table)
                    ? OnRow(reader, key, comparison)
                    : Always(Condition.OnValue(table, key, comparison, OpaqueValue.Read(reader)));
        }
    }

    private static Binding<IReadOnlyList<Condition>> Always(Condition condition) =>
        Binding.Always<IReadOnlyList<Condition>>([condition]);

    private static Binding<IReadOnlyList<Condition>> OnNumber(
        ObjectReader reader, string name, ConditionSubject subject, string table, byte[] key, Comparison comparison) =>
        Always(Condition.OnNumber(table, key, subject, comparison, reader.Whole(name, 0, long.MaxValue) ?? 0));

    private static Binding<IReadOnlyList<Condition>> OnColumn(ObjectReader reader, byte[] key, Comparison comparison)
    {
        var column = reader.Text("column") ?? "";
        if (Column.CheckName(column) is { } wrong)
        {
            reader.Fail("column", wrong);
        }

        if (!reader.Has("value"))
        {
            reader.Fail("value", "is missing: what is the column compared with?");
        }

        var value = reader.Take("value");
        return (Table table, Moment _, out IReadOnlyList<Condition> bound) =>
        {
            bound = [Of(table, key, column, comparison, value!.Value)];
            return !table.Definition.IsFree && table.Definition.PlaceOf(column) < 0
                ? table.Definition.Unknown(column) with { Place = "column" }
                : CheckType(table.Definition, column, value.Value)?.In("value");
        };
    }

    /// <summary>A row of columns is equal to an object when each column is; what the object lacks is null.</summary>
    private static Binding<IReadOnlyList<Condition>> OnRow(ObjectReader reader, byte[] key, Comparison comparison)
    {
        if (reader.Has("value64"))
        {
            reader.Fail("value64", "is for kv: the rows of other tables are JSON objects");
        }

        if (comparison != Comparison.Equal)
        {
            reader.Fail("op", "is eq for a whole row; compare its columns one by one");
        }

        var value = reader.Take("value") ?? default;
        return (Table table, Moment _, out IReadOnlyList<Condition> bound) =>
        {
            bound = [];
            if (table.Definition.IsFree)
            {
                return new Fault("value", "can't be compared where rows have no columns: compare members one by one, with column");
            }

            var fault = RowInput.CheckObject(value) ?? CheckColumns(table.Definition, value);
            bound = fault is null ? AllColumns(table, key, value) : [];
            return fault?.In("value");
        };
    }

    private static Fault? CheckColumns(TableDefinition definition, JsonElement row)
    {
        foreach (var member in row.EnumerateObject())
        {
            var fault = definition.PlaceOf(member.Name) < 0
                ? definition.Unknown(member.Name)
                : CheckType(definition, member.Name, member.Value)?.In(Places.Member("", member.Name));
            if (fault is not null)
            {
                return fault;
            }
        }

        return null;
    }

    private static List<Condition> AllColumns(Table table, byte[] key, JsonElement row)
    {
        var conditions = new List<Condition> { Condition.From(table.Name, key, Precondition.Exists)! };
        foreach (var column in table.Definition.Columns)
        {
            conditions.Add(Of(table, key, column.Name, Comparison.Equal, row.TryGetProperty(column.Name, out var value) ? value : default));
        }

        return conditions;
    }

    private static Condition Of(Table table, byte[] key, string column, Comparison comparison, JsonElement value) =>
        Condition.OnColumn(
            table.Name,
            key,
            column,
            comparison,
            value.ValueKind == JsonValueKind.Undefined ? "null"u8.ToArray() : JsonText.Of(value),
            table.Definition.EarlierOf(column));

    /// <summary>A comparison that can't ever hold is a slip.</summary>
    private static Fault? CheckType(TableDefinition definition, string column, JsonElement value)
    {
        if (definition.IsFree || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        var type = definition.Columns[definition.PlaceOf(column)].Type;
        return type.Holds(value)
            ? null
            : new Fault("", $"is {ColumnTypes.Describe(value)}, but the column '{column}' is of type {type.Name()}");
    }
}
