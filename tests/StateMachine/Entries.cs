using System.Text;
using RaftCluster.StateMachine;

namespace RaftCluster.Tests.StateMachine;

/// <summary>Short words for what the tests write and read.</summary>
internal static class Entries
{
    public const string Table = "kv";

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public static string Text(ReadOnlyMemory<byte> bytes) => Encoding.Latin1.GetString(bytes.Span);

    public static Command Put(
        string key, string value = "v", Precondition? when = null, string? contentType = null, string table = Table) =>
        new Command.Put(table, Bytes(key), Bytes(value), contentType, when ?? Precondition.None);

    public static Command Delete(string key, Precondition? when = null, string table = Table) =>
        new Command.Delete(table, Bytes(key), when ?? Precondition.None);

    public static Command DeleteRange(string start, string end, string table = Table) =>
        new Command.DeleteRange(table, Bytes(start), Bytes(end));

    public static KeyRange Range(string start, string end) => new(Bytes(start), Bytes(end));

    public static byte[] Entry(long time, params Command[] commands)
    {
        ReadOnlyMemory<byte>[] transactions =
            [.. commands.Select(command => (ReadOnlyMemory<byte>)EntryCodec.EncodeTransaction(command))];
        return EntryCodec.ComposeEntry(new RequestId(0x0102030405060708, 0x090a0b0c0d0e0f10), time, transactions);
    }

    /// <summary>An entry of transactions that are encoded already.</summary>
    public static byte[] EntryOf(long time, params byte[][] transactions) => EntryCodec.ComposeEntry(
        new RequestId(0x0102030405060708, 0x090a0b0c0d0e0f10),
        time,
        [.. transactions.Select(transaction => (ReadOnlyMemory<byte>)transaction)]);

    /// <summary>Applies one transaction of several operations behind the last entry.</summary>
    public static Outcome Do(this IStateMachine store, params Operation[] operations) => store.Do(Transaction.Of(operations));

    /// <summary>Applies one transaction of several operations behind the last entry.</summary>
    public static Outcome Do(this IStateMachine store, Transaction transaction) =>
        store.DoEncoded(EntryCodec.EncodeTransaction(transaction));

    /// <summary>Applies one encoded transaction behind the last entry, a microsecond later or more.</summary>
    public static Outcome DoEncoded(this IStateMachine store, byte[] transaction, long later = 1) => Assert.Single(store.Apply(
        store.Applied.Index + 1, Math.Max(1, store.Applied.Term), EntryOf(store.Applied.Time + later, transaction)));

    /// <summary>Applies one entry behind the last, in the same term.</summary>
    public static IReadOnlyList<Outcome> Do(this IStateMachine store, params Command[] commands) =>
        store.Apply(store.Applied.Index + 1, Math.Max(1, store.Applied.Term), Entry(store.Applied.Time + 1, commands));

    /// <summary>A row's value at a revision, the newest by default; null when there is no row.</summary>
    public static string? Value(this IStateMachine store, string key, long? revision = null, string table = Table) =>
        store.Row(key, revision, table) is { } row ? Text(row.Value) : null;

    public static Row? Row(this IStateMachine store, string key, long? revision = null, string table = Table)
    {
        using var reader = store.Read();
        return reader.Get(table, Bytes(key), revision ?? reader.Position.Revision);
    }

    /// <summary>The keys of a range, in the order they are read.</summary>
    public static string[] Keys(
        this IStateMachine store, KeyRange range, long? revision = null, bool descending = false, string table = Table)
    {
        using var reader = store.Read();
        return [.. reader.Range(table, range, revision ?? reader.Position.Revision, descending)
            .Select(row => Text(row.Key))];
    }

    /// <summary>Everything a row says, comparable.</summary>
    public static string Describe(Row? row) => row is null
        ? "none"
        : $"{Convert.ToHexString(row.Key.Span)}={Convert.ToHexString(row.Value.Span)} {row.ContentType ?? "-"} "
            + $"@{row.Revision} c{row.Created} v{row.Version}{(row.Lease > 0 ? $" l{row.Lease}" : "")}";

    /// <summary>Everything an outcome says but the words of a failure, comparable.</summary>
    public static string Describe(Outcome outcome) => outcome switch
    {
        Outcome.Transacted transacted =>
            $"@{transacted.Revision} {(transacted.Succeeded ? "then" : "else")}: {string.Join("; ", transacted.Results.Select(Describe))}",
        Outcome.Failed failed => $"{failed with { Detail = "" }}",
        Outcome.Replayed replayed => $"@{replayed.Revision} replayed {Describe(replayed.First)}",
        _ => $"{outcome}",
    };

    public static string Describe(OperationResult result) => result switch
    {
        OperationResult.Written written => $"written {Text(written.Key)} v{written.Version} l{written.Lease}",
        OperationResult.Got got => $"got {Describe(got.Row)}",
        OperationResult.Ranged ranged => $"ranged {string.Join(", ", ranged.Rows.Select(Describe))} {ranged.Count} {ranged.More}",
        OperationResult.Added added => $"added {Text(added.Value)} v{added.Version}",
        _ => $"{result}",
    };
}
