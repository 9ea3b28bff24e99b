using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Leases;

namespace RaftCluster.Tests.StateMachine;

/// <summary>The plainest transaction: it changes a copy of all rows, and its changes are what is different afterwards.</summary>
internal sealed class ModelTransaction
{
    private readonly SortedDictionary<(string Table, string Key), Row> _before;
    private readonly SortedDictionary<(string Table, string Key), Row> _rows;
    private readonly List<(string Table, string Key)> _touched = [];
    private readonly long _revision;
    private readonly long _time;
    private readonly long _term;
    private long _answered;

    public ModelTransaction(IEnumerable<(string Table, Row Row)> rows, long revision, long time, long term)
    {
        _before = new(Comparer<(string Table, string Key)>.Create(static (left, right) =>
            (string.CompareOrdinal(left.Table, right.Table), string.CompareOrdinal(left.Key, right.Key)) switch
            {
                (0, var keys) => keys,
                (var tables, _) => tables,
            }));
        foreach (var (table, row) in rows)
        {
            _before.Add((table, Hex(row.Key)), row);
        }

        _rows = new(_before, _before.Comparer);
        _revision = revision;
        _time = time;
        _term = term;
    }

    /// <summary>Why it failed.</summary>
    public Outcome.Failed? Failure { get; private set; }

    public Outcome? Run(Transaction transaction)
    {
        foreach (var (table, revision) in transaction.Requires)
        {
            if ((Find(SystemTables.Tables, Encoding.UTF8.GetBytes(table))?.Revision ?? 0) != revision)
            {
                return Failure = new Outcome.Failed(_revision - 1, FailureKind.TableChanged, -1, table);
            }
        }

        var succeeded = transaction.If.All(IsTrue);
        var results = new List<OperationResult>();
        foreach (var operation in succeeded ? transaction.Then : transaction.Else)
        {
            try
            {
                var result = Do(operation);
                _answered += result switch
                {
                    OperationResult.Got { Row: { } row } => Size(row),
                    OperationResult.Ranged ranged => ranged.Rows.Sum(Size),
                    _ => 0,
                };
                Require(_answered <= 4 << 20, FailureKind.ResultTooLarge);
                results.Add(result);
            }
            catch (FailedException failed)
            {
                return Failure = new Outcome.Failed(_revision - 1, failed.Kind, results.Count, "", InElse: !succeeded);
            }
        }

        return new Outcome.Transacted(_revision - 1, succeeded, [.. results]);
    }

    public IReadOnlyList<(string Table, byte[] Key, Row? Before, Row? After)> Changes()
    {
        foreach (var unused in _rows
            .Where(at => at.Key.Table == SystemTables.Leases && JsonNode.Parse(at.Value.Value.Span)!["implicit"]!.GetValue<bool>())
            .Select(at => (Id: long.Parse(Encoding.ASCII.GetString(at.Value.Key.Span), CultureInfo.InvariantCulture), at.Value.Key))
            .Where(lease => _rows.Values.All(row => row.Lease != lease.Id))
            .OrderBy(lease => lease.Id)
            .ToList())
        {
            Delete(SystemTables.Leases, unused.Key);
        }

        return [.. _touched.Distinct()
            .Select(at => (at.Table, Convert.FromHexString(at.Key), _before.GetValueOrDefault(at), _rows.GetValueOrDefault(at)))
            .Where(change => change.Item3 is not null || change.Item4 is not null)];
    }

    public Row? Find(string table, ReadOnlyMemory<byte> key) => _rows.GetValueOrDefault((table, Hex(key)));

    public Row Put(string table, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, string? contentType, long lease)
    {
        var now = Find(table, key);
        var version = now is null ? 1 : now.Revision == _revision ? now.Version : now.Version + 1;
        var row = new Row(key, value, contentType, _revision, now?.Created ?? _revision, version, lease);
        _touched.Add((table, Hex(key)));
        return _rows[(table, Hex(key))] = row;
    }

    public bool Delete(string table, ReadOnlyMemory<byte> key)
    {
        if (!_rows.Remove((table, Hex(key))))
        {
            return false;
        }

        _touched.Add((table, Hex(key)));
        return true;
    }

    public int DeleteRange(string table, ReadOnlyMemory<byte> start, ReadOnlyMemory<byte> end) =>
        Scan(table, start, end).Count(row => Delete(table, row.Key));

    private static string Hex(ReadOnlyMemory<byte> key) => Convert.ToHexString(key.Span);

    private static long Size(Row row) => 64 + row.Key.Length + (row.ContentType?.Length ?? 0) + row.Value.Length;

    private static void Require(bool condition, FailureKind otherwise)
    {
        if (!condition)
        {
            throw new FailedException(otherwise);
        }
    }

    private List<Row> Scan(string table, ReadOnlyMemory<byte> start, ReadOnlyMemory<byte> end) => [.. _rows
        .Where(at => at.Key.Table == table
            && at.Value.Key.Span.SequenceCompareTo(start.Span) >= 0
            && (end.IsEmpty || at.Value.Key.Span.SequenceCompareTo(end.Span) < 0))
        .Select(at => at.Value)];

    private OperationResult Do(Operation operation)
    {
        switch (operation)
        {
            case Operation.Put put:
                return Put(put);
            case Operation.Delete delete:
                return new OperationResult.Deleted(Delete(delete.Table, delete.Key));
            case Operation.DeleteRange range:
                return new OperationResult.RangeDeleted(DeleteRange(range.Table, range.Start, range.End));
            case Operation.Get get:
                return new OperationResult.Got(Find(get.Table, get.Key));
            case Operation.Range range:
                return Range(range);
            case Operation.Patch patch:
                return Patch(patch);
            case Operation.Add add:
                return Add(add);
            case Operation.GrantLease grant:
                return Grant(grant);
            case Operation.EndLeases end:
                return End(end);
            default:
                throw new InvalidOperationException($"no model of {operation}");
        }
    }

    private OperationResult.LeaseGranted Grant(Operation.GrantLease grant)
    {
        var owner = grant.Owner is null ? "" : $",\"owner\":\"{grant.Owner}\"";
        var value = $"{{\"ttl\":{grant.TtlMs},\"implicit\":false,\"created\":{_time}{owner}}}";
        Put(SystemTables.Leases, Encoding.ASCII.GetBytes($"{_revision}"), Encoding.ASCII.GetBytes(value), "application/json", 0);
        return new OperationResult.LeaseGranted(_revision, grant.TtlMs);
    }

    /// <summary>What was decided in another term does nothing.</summary>
    private OperationResult.LeasesEnded End(Operation.EndLeases end)
    {
        var (leases, rows) = (0L, 0L);
        foreach (var id in end.Ids)
        {
            var key = Encoding.ASCII.GetBytes($"{id}");
            if ((end.Term != 0 && end.Term != _term) || Find(SystemTables.Leases, key) is null)
            {
                continue;
            }

            leases++;
            var doomed = _rows.Where(at => at.Value.Lease == id)
                .OrderBy(at => at.Key.Table.Length).ThenBy(at => at.Key.Table, StringComparer.Ordinal).ThenBy(at => at.Key.Key, StringComparer.Ordinal)
                .Select(at => (at.Key.Table, at.Value.Key)).ToList();
            rows += doomed.Count(row => Delete(row.Table, row.Key));
            Delete(SystemTables.Leases, key);
        }

        return new OperationResult.LeasesEnded(leases, rows);
    }

    private OperationResult.Written Put(Operation.Put put)
    {
        var lease = put.Lease.Id;
        Require(
            lease == 0 || Find(SystemTables.Leases, Encoding.ASCII.GetBytes($"{lease}")) is not null, FailureKind.LeaseAbsent);
        Require(
            lease == 0 || _rows.Count < LeaseRecord.MaximumRows || Find(put.Table, put.Key)?.Lease == lease
                || _rows.Values.Count(row => row.Lease == lease) < LeaseRecord.MaximumRows,
            FailureKind.LeaseFull);
        if (put.Lease.TtlMs > 0)
        {
            lease = _revision;
            var key = Encoding.ASCII.GetBytes($"{lease}");
            if (Find(SystemTables.Leases, key) is null)
            {
                var value = $$"""{"ttl":{{put.Lease.TtlMs}},"implicit":true,"created":{{_time}}}""";
                Put(SystemTables.Leases, key, Encoding.ASCII.GetBytes(value), "application/json", 0);
            }
        }

        var row = Put(
            put.Table,
            put.KeyIsRevision ? Encoding.ASCII.GetBytes($"{_revision}".PadLeft(19, '0')) : put.Key,
            put.Value,
            put.ContentType,
            lease);
        return new OperationResult.Written(row.Key, row.Version, lease);
    }

    private OperationResult.Ranged Range(Operation.Range range)
    {
        var rows = Scan(range.Table, range.Start, range.End);
        if (range.CountOnly)
        {
            return new OperationResult.Ranged([], rows.Count, More: false);
        }

        rows.Sort((left, right) => left.Key.Span.SequenceCompareTo(right.Key.Span) * (range.Descending ? -1 : 1));
        var shown = rows.Take(range.Limit).Select(row => range.KeysOnly ? row with { Value = default } : row).ToImmutableArray();
        return new OperationResult.Ranged(shown, shown.Length, rows.Count > shown.Length);
    }

    private OperationResult.Patched Patch(Operation.Patch patch)
    {
        if (Find(patch.Table, patch.Key) is not { } row)
        {
            return new OperationResult.Patched(Found: false, 0);
        }

        var merged = Merge(ObjectOf(row.Value), ObjectOf(patch.Value), patch.KeepNulls);
        return new OperationResult.Patched(
            Found: true,
            Put(patch.Table, patch.Key, Encoding.ASCII.GetBytes(merged.ToJsonString()), row.ContentType, row.Lease).Version);
    }

    private OperationResult.Added Add(Operation.Add add)
    {
        var row = Find(add.Table, add.Key);
        Require(row is not null || !add.MustExist, FailureKind.RowAbsent);
        var json = add.Column is null ? null : row is null ? [] : ObjectOf(row.Value);
        var before = json is null
            ? (row is null ? "0" : Encoding.Latin1.GetString(row.Value.Span))
            : json.ContainsKey(add.Column!) || row is null || add.Missing.IsEmpty ? json[add.Column!]?.ToJsonString() ?? "0"
            : Encoding.ASCII.GetString(add.Missing.Span);
        var sum = (Number(before) + Number(Encoding.ASCII.GetString(add.Amount.Span))).ToString(CultureInfo.InvariantCulture);
        var value = sum;
        if (json is not null)
        {
            json[add.Column!] = JsonNode.Parse(sum);
            value = json.ToJsonString();
        }

        var contentType = row is null ? (json is null ? "text/plain" : "application/json") : row.ContentType;
        var version = Put(add.Table, add.Key, Encoding.ASCII.GetBytes(value), contentType, row?.Lease ?? 0).Version;
        return new OperationResult.Added(Encoding.ASCII.GetBytes(sum), version);
    }

    private static decimal Number(string text)
    {
        Require(
            Regex.IsMatch(text, @"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?\z", RegexOptions.CultureInvariant),
            FailureKind.NotANumber);
        return decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
    }

    private static JsonObject ObjectOf(ReadOnlyMemory<byte> json)
    {
        try
        {
            var node = JsonNode.Parse(json.Span) as JsonObject;
            Require(node is not null, FailureKind.NotAnObject);
            return node!;
        }
        catch (JsonException)
        {
            throw new FailedException(FailureKind.NotAnObject);
        }
    }

    private static JsonObject Merge(JsonObject target, JsonObject patch, bool keepNulls = false)
    {
        foreach (var (name, value) in patch)
        {
            switch (value)
            {
                case null when keepNulls:
                    target[name] = null;
                    break;
                case null:
                    target.Remove(name);
                    break;
                case JsonObject inner:
                    target[name] = Merge(target[name]?.DeepClone() as JsonObject ?? [], inner);
                    break;
                default:
                    target[name] = value.DeepClone();
                    break;
            }
        }

        return target;
    }

    private bool IsTrue(Condition condition)
    {
        var row = Find(condition.Table, condition.Key);
        switch (condition.Subject)
        {
            case ConditionSubject.Revision:
                return Holds((row?.Revision ?? 0).CompareTo(condition.Number), condition.Comparison);
            case ConditionSubject.Version:
                return Holds((row?.Version ?? 0).CompareTo(condition.Number), condition.Comparison);
            case ConditionSubject.Created:
                return Holds((row?.Created ?? 0).CompareTo(condition.Number), condition.Comparison);
            case ConditionSubject.Exists:
                return Holds((row is null ? 0L : 1).CompareTo(condition.Number), condition.Comparison);
            case ConditionSubject.Value:
                return row is null
                    ? condition.Comparison == Comparison.NotEqual
                    : Holds(string.CompareOrdinal(Hex(row.Value), Hex(condition.Operand)), condition.Comparison);
            case ConditionSubject.RevisionIn:
                var revisions = Enumerable.Range(0, condition.Operand.Length / 8)
                    .Select(i => BitConverter.ToInt64(condition.Operand.Span[(8 * i)..]));
                return (row is not null && revisions.Contains(row.Revision)) == (condition.Comparison == Comparison.Equal);
            default:
                return Column(condition, row);
        }
    }

    private static bool Column(Condition condition, Row? row)
    {
        JsonNode? found = null;
        try
        {
            var json = row is null ? null : JsonNode.Parse(row.Value.Span) as JsonObject;
            found = json is null ? null
                : json.ContainsKey(condition.Column!) || condition.Missing.IsEmpty ? json[condition.Column!]
                : JsonNode.Parse(condition.Missing.Span);
        }
        catch (JsonException)
        {
            // Nothing is a column of what is no JSON.
        }

        var named = JsonNode.Parse(condition.Operand.Span);
        if (condition.Comparison <= Comparison.NotEqual)
        {
            return JsonNode.DeepEquals(found, named) == (condition.Comparison == Comparison.Equal);
        }

        int? order = (found?.GetValueKind(), named?.GetValueKind()) switch
        {
            (JsonValueKind.Number, JsonValueKind.Number) => Number(found.ToJsonString()).CompareTo(Number(named.ToJsonString())),
            (JsonValueKind.String, JsonValueKind.String) =>
                string.CompareOrdinal(found.GetValue<string>(), named.GetValue<string>()),
            (JsonValueKind.True or JsonValueKind.False, JsonValueKind.True or JsonValueKind.False) =>
                found.GetValue<bool>().CompareTo(named.GetValue<bool>()),
            _ => null,
        };
        return order is { } known && Holds(known, condition.Comparison);
    }

    private static bool Holds(int order, Comparison comparison) => comparison switch
    {
        Comparison.Equal => order == 0,
        Comparison.NotEqual => order != 0,
        Comparison.Less => order < 0,
        Comparison.LessOrEqual => order <= 0,
        Comparison.Greater => order > 0,
        _ => order >= 0,
    };

    private sealed class FailedException(FailureKind kind) : Exception
    {
        public FailureKind Kind { get; } = kind;
    }
}
