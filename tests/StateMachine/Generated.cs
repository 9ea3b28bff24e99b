using System.Text;
using CsCheck;
using RaftCluster.StateMachine;

namespace RaftCluster.Tests.StateMachine;

/// <summary>Random keys, values and commands, small enough to meet each other often.</summary>
internal static class Generated
{
    /// <summary>Keys of the bytes that matter to encodings and bounds, many of them prefixes of each other.</summary>
    public static readonly Gen<byte[]> Key = Gen.Frequency(
        (20, Gen.OneOf<byte>(0, 1, (byte)'a', (byte)'b', 0xfe, 0xff).Array[1, 3]),
        (1, Gen.Select(Gen.Const((byte)0), Gen.Int[1000, 1024], (of, length) => Filled(length, of))),
        (1, Gen.Select(Gen.Const((byte)0xff), Gen.Int[1000, 1024], (of, length) => Filled(length, of))));

    /// <summary>A range's end: a key, or none.</summary>
    public static readonly Gen<byte[]> Bound = Gen.Frequency((6, Key), (1, Gen.Const(Array.Empty<byte>())));

    public static readonly Gen<string> Table = Gen.Frequency((4, Gen.Const("kv")), (1, Gen.Const("k")));

    public static readonly Gen<byte[]> Value = Gen.Frequency((10, Gen.Byte.Array[0, 20]), (1, Gen.Byte.Array[2000, 4000]));

    public static readonly Gen<string?> ContentType = Gen.OneOf<string?>(null, "text/plain", "application/json", "a/ü");

    public static readonly Gen<Precondition> Precondition = Gen.Select(
        Gen.Enum<PreconditionKind>(), Gen.Long[1, 6].Array[0, 3], (kind, revisions) =>
            new Precondition(kind, kind >= PreconditionKind.RevisionIn ? [.. revisions] : []));

    public static readonly Gen<Command> Command = Gen.Frequency(
        (6, Gen.Select(Table, Key, Value, ContentType, Precondition, (table, key, value, contentType, when) =>
            (Command)new Command.Put(table, key, value, contentType, when))),
        (2, Gen.Select(Table, Key, Precondition, (table, key, when) =>
            (Command)new Command.Delete(table, key, when))),
        (1, Gen.Select(Table, Bound, Bound, (table, start, end) =>
            (Command)new Command.DeleteRange(table, start, end))));

    /// <summary>JSON objects of few members and few values, so that patches and sums meet numbers and each other.</summary>
    public static readonly Gen<byte[]> Object = Gen.Select(
        Gen.OneOf("a", "b", "c"),
        Gen.OneOf("1", "-2.50", "1e2", "\"x\"", "\"y\"", "null", "true", "[1,2]", "{\"a\":1,\"d\":null}", "{\"b\":2}"),
        (name, value) => (name, value)).Array[0, 3]
        .Select(members => Encoding.ASCII.GetBytes(
            $"{{{string.Join(',', members.DistinctBy(member => member.name).Select(member => $"\"{member.name}\":{member.value}"))}}}"));

    public static readonly Gen<byte[]> Number =
        Gen.OneOf("0", "1", "7", "-3", "0.5", "-1.25", "2e3", "5E-2", "12345678901234567890").Select(Encoding.ASCII.GetBytes);

    /// <summary>What a member counts as that is not there; often nothing.</summary>
    public static readonly Gen<byte[]> Missing = Gen.OneOf(Gen.Const(Array.Empty<byte>()), Number);

    public static readonly Gen<byte[]> AnyValue = Gen.Frequency((3, Object), (3, Number), (2, Value));

    /// <summary>Leases that a test has made as rows, some that it may not have made, and new ones.</summary>
    public static readonly Gen<LeaseTerm> Lease = Gen.Frequency(
        (6, Gen.Const(default(LeaseTerm))),
        (3, Gen.Long[1, 3].Select(id => new LeaseTerm(id, 0))),
        (2, Gen.Const(new LeaseTerm(0, 5_000))));

    public static readonly Gen<Operation> Operation = Gen.Frequency(
        (8, Gen.Select(Table, Key, AnyValue, ContentType, Lease, (table, key, value, contentType, lease) =>
            (Operation)new Operation.Put(table, key, value, contentType, lease))),
        (1, Gen.Select(Table, AnyValue, Lease, (table, value, lease) =>
            (Operation)new Operation.Put(table, default, value, null, lease, KeyIsRevision: true))),
        (3, Gen.Select(Table, Key, (table, key) => (Operation)new Operation.Delete(table, key))),
        (1, Gen.Select(Table, Bound, Bound, (table, start, end) => (Operation)new Operation.DeleteRange(table, start, end))),
        (3, Gen.Select(Table, Key, (table, key) => (Operation)new Operation.Get(table, key))),
        (4, Gen.Select(Table, Bound, Bound, Gen.Int[1, 4], Gen.Bool.Array[3], (table, start, end, limit, flags) =>
            (Operation)new Operation.Range(table, start, end, limit, flags[0], flags[1], flags[2]))),
        (3, Gen.Select(Table, Key, Object, Gen.Bool, (table, key, patch, keepNulls) =>
            (Operation)new Operation.Patch(table, key, patch, MustExist: false, keepNulls))),
        (3, Gen.Select(Table, Key, Gen.OneOf<string?>(null, "a", "b"), Number, Gen.Bool, Missing, (table, key, column, amount, mustExist, missing) =>
            (Operation)new Operation.Add(table, key, column, amount, mustExist, missing))),
        (1, Gen.Select(Gen.Long[1, 3], (id) => (Operation)new Operation.Delete(SystemTables.Leases, Encoding.ASCII.GetBytes($"{id}")))),
        (1, Gen.Select(Gen.Long[1, 3], (id) => (Operation)new Operation.Put(
            SystemTables.Leases,
            Encoding.ASCII.GetBytes($"{id}"),
            Encoding.ASCII.GetBytes($"{{\"ttl\":{1000 * id},\"implicit\":false,\"created\":1}}"),
            "application/json"))));

    public static readonly Gen<Condition> Condition = Gen.OneOf(
        Gen.Select(Table, Key, Gen.OneOf(
            ConditionSubject.Revision, ConditionSubject.Version, ConditionSubject.Created, ConditionSubject.Exists),
            Gen.Enum<Comparison>(), Gen.Long[0, 5], (table, key, subject, comparison, number) =>
                RaftCluster.StateMachine.Condition.OnNumber(table, key, subject, comparison, number)),
        Gen.Select(Table, Key, Gen.Enum<Comparison>(), AnyValue, (table, key, comparison, value) =>
            RaftCluster.StateMachine.Condition.OnValue(table, key, comparison, value)),
        Gen.Select(Table, Key, Gen.OneOf("a", "b"), Gen.Enum<Comparison>(), Gen.OneOf(Object, Number, Gen.OneOf("null", "true", "\"x\"").Select(Encoding.ASCII.GetBytes)),
            Missing,
            (table, key, column, comparison, json, missing) =>
                RaftCluster.StateMachine.Condition.OnColumn(table, key, column, comparison, json, missing)),
        Gen.Select(Table, Key, Precondition.Where(when => when.Kind != PreconditionKind.None), (table, key, when) =>
            RaftCluster.StateMachine.Condition.From(table, key, when)!));

    public static readonly Gen<Transaction> Transaction = Gen.Select(
        Gen.Frequency((9, Gen.Const(0L)), (1, Gen.Const(3L))),
        Condition.Array[0, 2],
        Operation.Array[0, 6],
        Operation.Array[0, 4],
        (required, conditions, then, otherwise) => new Transaction(
            required == 0 ? [] : [new TableRequirement("kv", required)], [.. conditions], [.. then], [.. otherwise]));

    public static readonly Gen<Command[]> Commands = Command.Array[0, 8];

    private static byte[] Filled(int length, byte of)
    {
        var bytes = new byte[length];
        Array.Fill(bytes, of);
        return bytes;
    }
}
