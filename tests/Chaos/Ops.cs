using RaftCluster.Chaos.History;

namespace RaftCluster.Tests.Chaos;

/// <summary>Operations in a few words. Time is in microseconds; a process a key is enough here.</summary>
internal static class Ops
{
    private static long _ids;

    public static Operation Read(
        string key, string? result, long begin, long end, long revision = 0, long? row = null, Consistency consistency = Consistency.Linearizable, string node = "n1") =>
        Of(OperationKind.Read, key, begin, end) with { Node = node, Result = result, Revision = revision, RowRevision = row, Consistency = consistency };

    public static Operation Write(string key, string? value, long begin, long end, long? revision = null) =>
        Of(OperationKind.Write, key, begin, end) with { Value = value, Revision = revision };

    public static Operation Swap(string key, string? expected, string value, long begin, long end, long? revision = null) =>
        Of(OperationKind.CompareAndSet, key, begin, end) with { Expected = expected, Value = value, Revision = revision };

    public static Operation Mismatch(string key, string? expected, string value, long begin, long end) =>
        Swap(key, expected, value, begin, end, revision: 1) with { Outcome = Outcome.Failed };

    public static Operation List(string prefix, long begin, long end, long revision, params (string Key, string Value, long Revision)[] rows) =>
        Of(OperationKind.List, prefix, begin, end) with
        {
            Revision = revision,
            Consistency = Consistency.Linearizable,
            Rows = [.. rows.Select(row => new ListedRow(row.Key, row.Value, row.Revision))],
        };

    public static Operation Add(string key, string name, string? result, long revision, long begin = 0, long end = 1) =>
        Of(OperationKind.Add, key, begin, end) with { IdempotencyKey = name, Result = result, Revision = revision };

    public static Operation Of(OperationKind kind, string key, long begin, long end) => new()
    {
        Id = ++_ids,
        Workload = "register",
        Process = 1,
        Node = "n1",
        Kind = kind,
        Key = key,
        Begin = begin,
        End = end,
        Outcome = Outcome.Ok,
    };

    public static Operation Unknown(this Operation operation) => operation with { Outcome = Outcome.Unknown, Revision = null };

    public static Operation Failed(this Operation operation) => operation with { Outcome = Outcome.Failed, Revision = null };

    public static FaultRecord Fault(string fault, long begin, long end, params string[] nodes) =>
        new() { Fault = fault, Begin = begin, End = end, Nodes = nodes, Effect = Effect.Installed };
}
