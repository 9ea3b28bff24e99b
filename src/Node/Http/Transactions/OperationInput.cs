using System.Globalization;
using System.Text;
using System.Text.Json;
using RaftCluster.Node.Http.Leases;
using RaftCluster.Node.Tables;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http.Transactions;

/// <summary>An operation as a caller writes it: <c>{"op":"put","table":"kv","key":"a","value":"…"}</c>.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Place">Where it stands in the request.</param>
/// <param name="Table">The table's name.</param>
/// <param name="Bind">What it is, when the table is known.</param>
internal sealed record OperationInput(string Name, string Place, string Table, Binding<Operation> Bind)
{
    private static readonly string[] _names = ["put", "delete", "deleteRange", "get", "range", "patch", "add"];

    /// <summary>Whether it only reads.</summary>
    public bool IsRead => Name is "get" or "range";

    /// <summary>Whether the key of the row it writes was left to the cluster.</summary>
    public bool MakesKey { get; private init; }

    /// <summary>The time of the lease that it makes, in milliseconds; 0 for none.</summary>
    public long TtlMs { get; private init; }

    /// <summary>Whether it is a range that is asked for keys alone.</summary>
    public bool KeysOnly { get; private init; }

    /// <summary>Whether it is a range that is only counted.</summary>
    public bool CountOnly { get; private init; }

    /// <summary>Reads an operation.</summary>
    /// <param name="json">What was sent.</param>
    /// <param name="place">Where it stands in the request.</param>
    /// <param name="longestValue">The longest value, in bytes.</param>
    /// <param name="operation">What was read.</param>
    public static Fault? Read(JsonElement json, string place, int longestValue, out OperationInput operation) =>
        Read(new ObjectReader(json), place, longestValue, out operation);

    /// <summary>Reads an operation from what is left of an object.</summary>
    /// <param name="reader">The object.</param>
    /// <param name="place">Where it stands in the request.</param>
    /// <param name="longestValue">The longest value, in bytes.</param>
    /// <param name="operation">What was read.</param>
    public static Fault? Read(ObjectReader reader, string place, int longestValue, out OperationInput operation)
    {
        var name = reader.Text("op") ?? "";
        operation = new OperationInput(name, place, "", null!);
        if (reader.Fault is null && !_names.Contains(name))
        {
            reader.Fail("op", name.Length == 0
                ? $"is missing: one of {string.Join(", ", _names)}"
                : $"is one of {string.Join(", ", _names)}{Configuration.NearestName.Hint(name, _names)}");
        }

        var table = ConditionInput.TableOf(reader);
        if (!operation.IsRead && TablePath.CheckWritable("table", table) is not null)
        {
            reader.Fail("table", "is the cluster's own table: it can be read, not written");
        }

        if (reader.Fault is null)
        {
            operation = Read(reader, operation with { Table = table }, longestValue);
            reader.End();
        }

        return reader.Fault?.In(place);
    }

    private static OperationInput Read(ObjectReader reader, OperationInput operation, int longestValue) => operation.Name switch
    {
        "put" => ReadPut(reader, operation, longestValue),
        "delete" => operation with { Bind = Always(new Operation.Delete(operation.Table, reader.RequiredKey())) },
        "get" => operation with { Bind = Always(new Operation.Get(operation.Table, reader.RequiredKey())) },
        "deleteRange" => operation with { Bind = ReadDeleteRange(reader, operation.Table) },
        "range" => ReadRange(reader, operation),
        "patch" => operation with { Bind = ReadPatch(reader, operation.Table) },
        "add" => operation with { Bind = ReadAdd(reader, operation.Table) },
        _ => throw new InvariantException($"no reading of {operation.Name}"),
    };

    private static Binding<Operation> Always(Operation operation) => Binding.Always(operation);

    private static OperationInput ReadPut(ObjectReader reader, OperationInput operation, int longestValue)
    {
        var lease = ReadLease(reader);
        var key = reader.Key("key");
        var read = operation with { TtlMs = lease.TtlMs, MakesKey = key is null };
        if (!TableNames.HasObjects(operation.Table))
        {
            var value = OpaqueValue.Read(reader);
            return read with { Bind = PutValue(reader, operation.Table, key, CheckLength(reader, value, longestValue), lease) };
        }

        if (!reader.Has("value"))
        {
            reader.Fail("value", "is missing");
        }

        var row = reader.Take("value") ?? default;
        return read with
        {
            Bind = (Table table, Moment moment, out Operation bound) => PutRow(table, key, row, lease, moment, longestValue, out bound),
        };
    }

    private static Binding<Operation> PutValue(ObjectReader reader, string table, byte[]? key, byte[] value, LeaseTerm lease)
    {
        var contentType = reader.Text("contentType");
        if (Encoding.UTF8.GetByteCount(contentType ?? "") > EntryCodec.MaximumContentTypeLength)
        {
            reader.Fail("contentType", $"has more than {EntryCodec.MaximumContentTypeLength} bytes");
        }

        if (contentType is not null && (contentType.Length == 0 || contentType.AsSpan().ContainsAnyExceptInRange(' ', '~')))
        {
            // It goes out as a header.
            reader.Fail("contentType", "is empty, or has other characters than those of printable ASCII");
        }

        return (Table _, Moment moment, out Operation bound) =>
        {
            bound = new Operation.Put(table, key ?? Encoding.ASCII.GetBytes(moment.NewUuid()), value, contentType, lease);
            return null;
        };
    }

    private static Fault? PutRow(
        Table table, byte[]? key, JsonElement row, LeaseTerm lease, Moment moment, int longestValue, out Operation bound)
    {
        bound = null!;
        var made = table.Definition.Key == TableKey.Revision;
        if (made && key is not null)
        {
            return new Fault("key", $"can't be given: {table.Name} makes its keys itself; to change a row, patch it");
        }

        if (RowInput.Read(table.Definition, row, moment, out var value) is { } fault)
        {
            return fault.In("value");
        }

        key ??= made ? [] : Encoding.ASCII.GetBytes(moment.NewUuid());
        bound = new Operation.Put(table.Name, key, value, SystemTables.ContentType, lease, made);
        return value.Length <= longestValue ? null : TooLong(longestValue);
    }

    private static Binding<Operation> ReadDeleteRange(ObjectReader reader, string table)
    {
        var range = ReadKeys(reader);
        var all = reader.Switch("all");
        if (!all && range.Start.IsEmpty && range.End.IsEmpty)
        {
            reader.Fail("", "names every row: to remove them all, say \"all\":true");
        }

        return Always(new Operation.DeleteRange(table, range.Start, range.End));
    }

    private static OperationInput ReadRange(ObjectReader reader, OperationInput operation)
    {
        var range = ReadKeys(reader);
        var limit = (int)(reader.Whole("limit", 1, Operation.Range.MaximumLimit) ?? Operation.Range.MaximumLimit);
        var (keys, count) = (reader.Switch("keys"), reader.Switch("count"));
        var order = reader.Text("order");
        if (order is not (null or "asc" or "desc"))
        {
            reader.Fail("order", "is asc or desc");
        }

        return operation with
        {
            KeysOnly = keys,
            CountOnly = count,
            Bind = Always(new Operation.Range(operation.Table, range.Start, range.End, limit, keys, count, order == "desc")),
        };
    }

    private static KeyRange ReadKeys(ObjectReader reader)
    {
        var (prefix, start, end) = (reader.Key("prefix", true), reader.Key("start", true), reader.Key("end", true));
        if (prefix is not null && (start is not null || end is not null))
        {
            reader.Fail("prefix", "does not go with start or end: state one or the other");
        }

        if (start is not null && end is { Length: > 0 } && end.AsSpan().SequenceCompareTo(start) < 0)
        {
            reader.Fail("end", "is before start");
        }

        return prefix is not null ? KeyRange.Prefix(prefix) : new KeyRange(start, end);
    }

    private static Binding<Operation> ReadPatch(ObjectReader reader, string name)
    {
        var key = reader.RequiredKey();
        if (!reader.Has("value"))
        {
            reader.Fail("value", "is missing");
        }

        var json = reader.Take("value") ?? default;
        return (Table table, Moment _, out Operation bound) =>
        {
            var fault = PatchInput.Read(table.Definition, json, out var patch);
            bound = new Operation.Patch(name, key, patch, MustExist: false, KeepNulls: !table.Definition.IsFree);
            return fault?.In("value");
        };
    }

    private static Binding<Operation> ReadAdd(ObjectReader reader, string name)
    {
        var key = reader.RequiredKey();
        var column = reader.Text("column");
        var amount = ReadAmount(reader);
        if (column is null && TableNames.HasObjects(name))
        {
            reader.Fail("column", "is missing: a row has several");
        }

        if (column is not null && Column.CheckName(column) is { } wrong)
        {
            reader.Fail("column", wrong);
        }

        return (Table table, Moment _, out Operation bound) =>
        {
            bound = new Operation.Add(name, key, column, amount);
            if (column is null || table.Definition.IsFree)
            {
                return null;
            }

            bound = new Operation.Add(
                name, key, column, amount, !table.Definition.MayHaveOnly(column), table.Definition.EarlierOf(column));
            return CheckSummand(table.Definition, column);
        };
    }

    private static byte[] ReadAmount(ObjectReader reader)
    {
        if (reader.Take("by") is not { } by)
        {
            return "1"u8.ToArray();
        }

        if (by.ValueKind != JsonValueKind.Number)
        {
            reader.Fail("by", $"is {ColumnTypes.Describe(by)}: a number is expected");
        }

        return JsonText.Of(by);
    }

    private static Fault? CheckSummand(TableDefinition definition, string column)
    {
        var at = definition.PlaceOf(column);
        return at < 0 ? definition.Unknown(column) with { Place = "column" }
            : definition.Columns[at].Type is ColumnType.Number or ColumnType.Any ? null
            : new Fault("column", $"'{column}' is of type {definition.Columns[at].Type.Name()}: nothing can be added to it");
    }

    private static LeaseTerm ReadLease(ObjectReader reader)
    {
        var ttl = reader.Text("ttl");
        var id = reader.Whole("lease", 1, long.MaxValue);
        if (ttl is not null && id is not null)
        {
            reader.Fail("lease", "is stated beside ttl: a new lease or one that is there?");
        }

        if (ttl is null)
        {
            return new LeaseTerm(id ?? 0, 0);
        }

        if (LeasePath.ReadTtl(ttl, out var milliseconds) is { } wrong)
        {
            reader.Fail("ttl", wrong.Detail.StartsWith("ttl ", StringComparison.Ordinal) ? wrong.Detail[4..] : wrong.Detail);
        }

        return new LeaseTerm(0, milliseconds);
    }

    private static byte[] CheckLength(ObjectReader reader, byte[] value, int longest)
    {
        if (value.Length > longest)
        {
            reader.Fail(TooLong(longest));
        }

        return value;
    }

    private static Fault TooLong(int longest) =>
        new("value", string.Create(CultureInfo.InvariantCulture, $"has more than {longest} bytes"), FaultKind.TooLong);
}
