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

    public static readonly Gen<Command[]> Commands = Command.Array[0, 8];

    private static byte[] Filled(int length, byte of)
    {
        var bytes = new byte[length];
        Array.Fill(bytes, of);
        return bytes;
    }
}
