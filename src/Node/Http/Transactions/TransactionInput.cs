using System.Collections.Immutable;
using System.Text.Json;
using RaftCluster.Node.Tables;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http.Transactions;

/// <summary>A transaction as a caller writes it: <c>{"if":[…],"then":[…],"else":[…]}</c>.</summary>
internal sealed record TransactionInput(
    ImmutableArray<ConditionInput> If, ImmutableArray<OperationInput> Then, ImmutableArray<OperationInput> Else)
{
    /// <summary>Reads a transaction, which is strict JSON already.</summary>
    public static Fault? Read(JsonElement json, int longestValue, out TransactionInput transaction) =>
        Read(new ObjectReader(json), longestValue, out transaction);

    /// <summary>Reads a transaction from what is left of an object.</summary>
    /// <param name="reader">The object.</param>
    /// <param name="longestValue">The longest value, in bytes.</param>
    /// <param name="transaction">What was read.</param>
    /// <param name="place">Where it stands in the request; empty when it is all of it.</param>
    public static Fault? Read(ObjectReader reader, int longestValue, out TransactionInput transaction, string place = "")
    {
        transaction = new TransactionInput([], [], []) { Place = place };
        var (conditions, then, otherwise) = (reader.Take("if"), reader.Take("then"), reader.Take("else"));
        reader.End();
        if (reader.Fault is { } fault)
        {
            return fault.In(place);
        }

        ReadItem<OperationInput> operation = (JsonElement item, string place, out OperationInput read) =>
            OperationInput.Read(item, place, longestValue, out read);
        ImmutableArray<OperationInput> thens = [];
        ImmutableArray<OperationInput> elses = [];
        fault = ReadList<ConditionInput>(transaction.PlaceOf("if"), conditions, ConditionInput.Read, out var ifs)
            ?? ReadList(transaction.PlaceOf("then"), then, operation, out thens)
            ?? ReadList(transaction.PlaceOf("else"), otherwise, operation, out elses);
        transaction = transaction with { If = ifs, Then = thens, Else = elses };
        return fault ?? transaction.CheckTogether();
    }

    /// <summary>Where it stands in the request; empty when it is all of it.</summary>
    public string Place { get; init; } = "";

    private string PlaceOf(string member) => Places.Join(Place, member);

    /// <summary>The tables that it names, each once.</summary>
    public IEnumerable<(string Table, string Place)> Tables() => If.Select(condition => (condition.Table, condition.Place))
        .Concat(Then.Concat(Else).Select(operation => (operation.Table, operation.Place)))
        .DistinctBy(named => named.Item1);

    /// <summary>What is proposed, when its tables are known.</summary>
    public Fault? Bind(IReadOnlyDictionary<string, Table> tables, Moment moment, out Transaction transaction)
    {
        transaction = Transaction.Of();
        var conditions = ImmutableArray.CreateBuilder<Condition>();
        foreach (var condition in If)
        {
            if (condition.Bind(tables[condition.Table], moment, out var bound) is { } fault)
            {
                return fault.In(condition.Place);
            }

            conditions.AddRange(bound);
        }

        if (conditions.Count > Transaction.MaximumOperations)
        {
            return new Fault(PlaceOf("if"), $"compares more than {Transaction.MaximumOperations} columns and other things");
        }

        ImmutableArray<Operation> otherwise = [];
        if ((Bind(Then, tables, moment, out var then) ?? Bind(Else, tables, moment, out otherwise)) is { } wrong)
        {
            return wrong;
        }

        transaction = new Transaction(
            [.. tables.Values.Select(table => table.Requirement).OfType<TableRequirement>()],
            conditions.DrainToImmutable(),
            then,
            otherwise);
        return null;
    }

    private static Fault? Bind(
        ImmutableArray<OperationInput> operations,
        IReadOnlyDictionary<string, Table> tables,
        Moment moment,
        out ImmutableArray<Operation> bound)
    {
        var made = ImmutableArray.CreateBuilder<Operation>(operations.Length);
        bound = [];
        foreach (var operation in operations)
        {
            if (operation.Bind(tables[operation.Table], moment, out var one) is { } fault)
            {
                return fault.In(operation.Place);
            }

            made.Add(one);
        }

        bound = made.MoveToImmutable();
        return SameRow(operations, tables);
    }

    /// <summary>Two rows of one revision can't both have it for a key.</summary>
    private static Fault? SameRow(ImmutableArray<OperationInput> operations, IReadOnlyDictionary<string, Table> tables)
    {
        var second = operations
            .Where(operation => operation.MakesKey && tables[operation.Table].Definition.Key == TableKey.Revision)
            .GroupBy(operation => operation.Table, StringComparer.Ordinal)
            .Select(of => of.ElementAtOrDefault(1))
            .FirstOrDefault(operation => operation is not null);
        return second is null
            ? null
            : new Fault($"{second.Place}.table", $"{second.Table} makes keys of revisions, and a transaction has one: it can make one row of it");
    }

    private Fault? CheckTogether()
    {
        if (If.Length > Transaction.MaximumOperations)
        {
            return new Fault(PlaceOf("if"), $"has more than {Transaction.MaximumOperations} conditions");
        }

        if (Then.Length + Else.Length > Transaction.MaximumOperations)
        {
            return new Fault(
                PlaceOf(Then.Length >= Else.Length ? "then" : "else"),
                $"makes the operations more than {Transaction.MaximumOperations}, those of both branches together");
        }

        var times = Then.Concat(Else).Where(operation => operation.TtlMs > 0).ToList();
        var other = times.Find(operation => operation.TtlMs != times[0].TtlMs);
        return other is null ? null : new Fault($"{other.Place}.ttl", "is not that of the puts before: a transaction makes one lease");
    }

    private delegate Fault? ReadItem<T>(JsonElement json, string place, out T item);

    private static Fault? ReadList<T>(string name, JsonElement? json, ReadItem<T> read, out ImmutableArray<T> items)
    {
        items = [];
        if (json is not { } list)
        {
            return null;
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            return new Fault(name, $"is {ColumnTypes.Describe(list)}: an array is expected");
        }

        var made = ImmutableArray.CreateBuilder<T>(list.GetArrayLength());
        foreach (var element in list.EnumerateArray())
        {
            if (read(element, Places.Item(name, made.Count), out var item) is { } fault)
            {
                return fault;
            }

            made.Add(item);
        }

        items = made.MoveToImmutable();
        return null;
    }
}
