using RaftCluster.StateMachine;

namespace RaftCluster.Micro;

/// <summary>Rows as in all measurements: keys of 32 bytes, values of 256.</summary>
internal static class Sample
{
    public const string Table = "kv";

    public static byte[] Value { get; } = [.. Enumerable.Range(0, 256).Select(at => (byte)('a' + (at % 26)))];

    public static byte[] Key(int row) => System.Text.Encoding.ASCII.GetBytes(FormattableString.Invariant($"b{row:0000000000000000000000000000000}"));

    /// <summary>A put of one row, encoded.</summary>
    public static byte[] Put(int row) => EntryCodec.EncodeTransaction(new Command.Put(Table, Key(row), Value, null, Precondition.None));

    /// <summary>An entry of puts of different rows.</summary>
    /// <param name="puts">How many.</param>
    /// <param name="time">Microseconds since 1970.</param>
    public static byte[] Entry(int puts, long time = 1) => EntryCodec.ComposeEntry(
        new RequestId(1, 2), time, [.. Enumerable.Range(0, puts).Select(row => (ReadOnlyMemory<byte>)Put(row))]);
}
