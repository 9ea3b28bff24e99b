using System.Text.Json;
using CsCheck;
using RaftCluster.StateMachine;
using static RaftCluster.Tests.StateMachine.Entries;

namespace RaftCluster.Tests.StateMachine;

public sealed class TransactionCodecTests
{
    private static readonly IdempotencyTerms Terms = new("key ü", new UInt128(1, 2), 86_400_000, 10_000);

    private static readonly Fence[] Fences = [new("lock", 7), new("other", long.MaxValue)];

    private static Transaction OneOfEach => new(
        [new TableRequirement("users", 0), new TableRequirement("kv", long.MaxValue)],
        [
            Condition.OnNumber("kv", Bytes("a"), ConditionSubject.Revision, Comparison.Equal, 1),
            Condition.OnNumber("kv", Bytes("a"), ConditionSubject.Version, Comparison.NotEqual, 0),
            Condition.OnNumber("kv", Bytes("a"), ConditionSubject.Created, Comparison.Less, -1),
            Condition.OnNumber("kv", Bytes("a"), ConditionSubject.Exists, Comparison.LessOrEqual, 1),
            Condition.OnValue("kv", Bytes("\0\u00ff"), Comparison.Greater, Bytes("value")),
            Condition.OnColumn("users", Bytes("a"), "näme", Comparison.GreaterOrEqual, Bytes("{\"a\":1.50}")),
            Condition.From("kv", Bytes("a"), Precondition.RevisionIn(1, 2))!,
            Condition.From("kv", Bytes("a"), Precondition.RevisionNotIn())!,
            Condition.OnColumn("users", Bytes("a"), "n", Comparison.Less, Bytes("1"), Bytes("0.50")),
        ],
        [
            new Operation.Put("kv", Bytes("a"), Bytes("value"), "text/plain", new LeaseTerm(3, 0)),
            new Operation.Put("users", default, Bytes("{}"), null, new LeaseTerm(0, 10_000), KeyIsRevision: true),
            new Operation.Delete("kv", Bytes("b")),
            new Operation.DeleteRange("kv", default, Bytes("z")),
            new Operation.Get("kv", Bytes("c")),
            new Operation.Range("kv", Bytes("a"), default, 1000, KeysOnly: true, CountOnly: false, Descending: true),
            new Operation.Patch("users", Bytes("a"), Bytes("{\"n\":null}"), MustExist: true, KeepNulls: true),
            new Operation.Add("kv", Bytes("n"), null, Bytes("-1.5")),
            new Operation.Add("users", Bytes("n"), "count", Bytes("1")),
            new Operation.Add("users", Bytes("n"), "count", Bytes("1"), MustExist: true, Bytes("0.50")),
        ],
        [
            new Operation.GrantLease(10_000, "me"),
            new Operation.EndLeases([1, long.MaxValue], 5),
            new Operation.ReleaseLock("lock", "me", 0, Force: false, DropGuard: true),
            new Operation.ReleaseLock("lock", null, 7, Force: true, DropGuard: false),
            new Operation.LeaveQueue("lock", "me"),
        ]);

    private static Transaction Locking => Transaction.Of(
        new Operation.AcquireLock("lock", "me", 10_000, Queue: true, [new Guard("kv", "jobs/"), new Guard("users", "")]));

    private static Transaction LockingAgain => Transaction.Of(new Operation.AcquireLock("lock", "me", 1, Queue: false, default));

    [Fact]
    public void The_bytes_are_those_of_format_2() => Golden.Matches("entry-2", Whole());

    [Fact]
    public void Format_2_is_read_as_it_was_written()
    {
        var entry = Golden.Read("entry-2");
        Assert.Equal(2, EntryCodec.ReadHeader(entry).Format);
        var reader = EntryCodec.ReadTransactions(entry);
        Assert.True(reader.Next(out var first));
        Assert.Null(first.Frame);
        Assert.Equal(Show(OneOfEach), Show(first.Transaction!));
        Assert.True(reader.Next(out var second));
        Assert.Equal(Terms, second.Frame!.Key);
        Assert.Equal(Fences, second.Frame.Fences);
        Assert.Equal(Show(Locking), Show(second.Transaction!));
        Assert.True(reader.Next(out var third));
        Assert.Null(third.Frame!.Key);
        Assert.Equal([Fences[0]], third.Frame.Fences);
        Assert.Equal(CommandKind.Put, third.Kind);
        Assert.Equal("v", Text(((Command.Put)third.ToCommand()).Value));
        Assert.True(reader.Next(out var fourth));
        Assert.Equal(Terms, fourth.Frame!.Key);
        Assert.Equal(CommandKind.DeleteRange, fourth.Kind);
        Assert.True(reader.Next(out var fifth));
        Assert.Equal(Show(LockingAgain), Show(fifth.Transaction!));
        Assert.True(fifth.Transaction!.Then.OfType<Operation.AcquireLock>().Single().Guards.IsDefault);
        Assert.False(reader.Next(out _));
    }

    [Fact]
    public void Whatever_is_written_is_read_again() => Generated.Transaction.Sample(
        static transaction =>
        {
            var reader = EntryCodec.ReadTransactions(EntryOf(1, EntryCodec.EncodeTransaction(transaction)));
            Assert.True(reader.Next(out var view));
            Assert.Equal(Show(transaction), Show(view.Transaction!));
        },
        iter: 2_000);

    [Fact]
    public void An_entry_of_single_commands_alone_is_written_for_older_versions_too()
    {
        Assert.Equal(1, EntryCodec.ReadHeader(Entry(5, Put("a"), Delete("b"), DeleteRange("a", "b"))).Format);
        var framed = EntryCodec.EncodeFramed(null, [], EntryCodec.EncodeTransaction(Put("a")));
        Assert.Equal(2, EntryCodec.ReadHeader(EntryOf(5, EntryCodec.EncodeTransaction(Put("a")), framed)).Format);
    }

    [Fact]
    public void What_format_1_does_not_have_is_not_read_in_it()
    {
        var entry = Whole();
        entry[0] = 1;
        Assert.Throws<InvariantException>(() => Walk(entry));
    }

    [Fact]
    public void Every_truncation_is_noticed()
    {
        var entry = Whole();
        for (var length = 0; length < entry.Length; length++)
        {
            var failure = Assert.Throws<InvariantException>(() => Walk(entry[..length]));
            Assert.Contains("at offset", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_transaction_of_the_wrong_length_is_noticed()
    {
        // The entry is whole, the transaction is not as long as what is in it.
        var transaction = EntryCodec.EncodeTransaction(OneOfEach);
        byte[] longer = [.. transaction, 0];
        longer[0]++;
        Assert.Throws<InvariantException>(() => Walk(EntryOf(1, longer)));
        var shorter = transaction[..^1];
        shorter[0]--;
        Assert.Throws<InvariantException>(() => Walk(EntryOf(1, shorter)));
    }

    [Fact]
    public void Damage_decodes_to_something_else_or_is_noticed_and_nothing_worse() => Gen.Select(
        Generated.Transaction, Gen.Select(Gen.Int[0, 10_000], Gen.Byte).Array[1, 4]).Sample(
            (transaction, flips) =>
            {
                var entry = EntryOf(5, EntryCodec.EncodeFramed(Terms, Fences, EntryCodec.EncodeTransaction(transaction)));
                foreach (var (at, to) in flips)
                {
                    entry[EntryCodec.HeaderLength + 4 + (at % (entry.Length - EntryCodec.HeaderLength - 4))] = to;
                }

                try
                {
                    Walk(entry);
                }
                catch (InvariantException)
                {
                    // Noticed; any other exception fails the sample.
                }
            },
            iter: 20_000);

    public static TheoryData<Transaction> BeyondLimits =>
    [
        Transaction.Of(new Operation.Put("kv", default, default, null)),
        Transaction.Of(new Operation.Put("kv", Bytes("a"), default, null, default, KeyIsRevision: true)),
        Transaction.Of(new Operation.Put("", Bytes("a"), default, null)),
        Transaction.Of(new Operation.Put(new string('t', 129), Bytes("a"), default, null)),
        Transaction.Of(new Operation.Put("kv", Bytes("a"), default, new string('c', 256))),
        Transaction.Of(new Operation.Put("kv", Bytes("a"), default, null, new LeaseTerm(1, 1))),
        Transaction.Of(new Operation.Put("kv", Bytes("a"), default, null, new LeaseTerm(-1, 0))),
        Transaction.Of(
            new Operation.Put("kv", Bytes("a"), default, null, new LeaseTerm(0, 1)),
            new Operation.Put("kv", Bytes("b"), default, null, new LeaseTerm(0, 2))),
        Transaction.Of(
            new Operation.Put("kv", Bytes("a"), default, null, new LeaseTerm(0, 1)), new Operation.GrantLease(1, null)),
        Transaction.Of(new Operation.GrantLease(1, null), new Operation.AcquireLock("l", "o", 1, false, default)),
        Transaction.Of(new Operation.Get("kv", Bytes(new string('k', 1025)))),
        Transaction.Of(new Operation.DeleteRange("kv", Bytes(new string('k', 1025)), default)),
        Transaction.Of(new Operation.Range("kv", default, default, 0)),
        Transaction.Of(new Operation.Range("kv", default, default, 1001)),
        Transaction.Of(new Operation.Add("kv", Bytes("a"), new string('c', 1025), Bytes("1"))),
        Transaction.Of(new Operation.GrantLease(0, null)),
        Transaction.Of(new Operation.EndLeases([1], -1)),
        Transaction.Of(new Operation.AcquireLock("", "o", 1, false, default)),
        Transaction.Of(new Operation.AcquireLock("l", new string('o', 1025), 1, false, default)),
        Transaction.Of(new Operation.ReleaseLock("l", null, -1, false, false)),
        Transaction.Of([.. Enumerable.Repeat(new Operation.Get("kv", Bytes("a")), 1025)]),
        new Transaction([], [.. Enumerable.Repeat(Condition.OnValue("kv", Bytes("a"), Comparison.Equal, default), 1025)], [], []),
        new Transaction([new TableRequirement("kv", -1)], [], [], []),
        new Transaction([], [Condition.OnValue("kv", Bytes("a"), (Comparison)7, default)], [], []),
        new Transaction([], [Condition.OnNumber("kv", Bytes("a"), (ConditionSubject)9, Comparison.Equal, 1)], [], []),
        new Transaction([], [new Condition("kv", Bytes("a"), ConditionSubject.RevisionIn, Comparison.Less, new byte[8], 0, null)], [], []),
        new Transaction([], [new Condition("kv", Bytes("a"), ConditionSubject.RevisionIn, Comparison.Equal, new byte[7], 0, null)], [], []),
        new Transaction([], [new Condition("kv", Bytes("a"), ConditionSubject.Column, Comparison.Equal, default, 0, null)], [], []),
    ];

    [Theory]
    [MemberData(nameof(BeyondLimits))]
    public void What_is_beyond_a_limit_is_not_encoded(Transaction transaction) =>
        Assert.Throws<InvariantException>(() => EntryCodec.EncodeTransaction(transaction));

    public static TheoryData<IdempotencyTerms?, Fence[]> NoFrames => new()
    {
        { Terms with { Key = "" }, [] },
        { Terms with { Key = new string('k', 513) }, [] },
        { Terms with { KeepForMs = 0 }, [] },
        { Terms with { KeepAtMost = 0 }, [] },
        { null, [new Fence("", 1)] },
        { null, [new Fence("l", 0)] },
        { null, [.. Enumerable.Repeat(new Fence("l", 1), 256)] },
    };

    [Theory]
    [MemberData(nameof(NoFrames))]
    public void What_is_no_frame_is_not_encoded(IdempotencyTerms? key, Fence[] fences) =>
        Assert.Throws<InvariantException>(() => EntryCodec.EncodeFramed(key, fences, EntryCodec.EncodeTransaction(Put("a"))));

    [Fact]
    public void A_frame_is_not_framed()
    {
        var framed = EntryCodec.EncodeFramed(null, [], EntryCodec.EncodeTransaction(Put("a")));
        Assert.Throws<InvariantException>(() => EntryCodec.EncodeFramed(null, [], framed));
        // And is not read when something else wrote it: kind, no key, no fences, then the framed one once more.
        byte[] twice = [.. BitConverter.GetBytes(framed.Length - 4 + 3), (byte)CommandKind.Framed, 0, 0, .. framed.AsSpan(4)];
        Assert.Throws<InvariantException>(() => Walk(EntryOf(1, twice)));
    }

    private static byte[] Whole() => EntryOf(
        1_700_000_000_123_456,
        EntryCodec.EncodeTransaction(OneOfEach),
        EntryCodec.EncodeFramed(Terms, Fences, EntryCodec.EncodeTransaction(Locking)),
        EntryCodec.EncodeFramed(null, Fences.AsSpan(0, 1), EntryCodec.EncodeTransaction(Put("a", "v"))),
        EntryCodec.EncodeFramed(Terms, [], EntryCodec.EncodeTransaction(DeleteRange("a", "b"))),
        EntryCodec.EncodeTransaction(LockingAgain));

    private static void Walk(byte[] entry)
    {
        var reader = EntryCodec.ReadTransactions(entry);
        while (reader.Next(out _))
        {
        }
    }

    // Memory and arrays don't compare by what they hold; as JSON they do.
    private static string Show(Transaction transaction) => string.Join('\n', new object[]
    {
        JsonSerializer.Serialize(transaction.Requires),
        string.Join('\n', transaction.If.Select(condition => JsonSerializer.Serialize(condition))),
        string.Join('\n', transaction.Then.Select(Show)),
        "else",
        string.Join('\n', transaction.Else.Select(Show)),
    });

    private static string Show(Operation operation) => operation switch
    {
        Operation.AcquireLock { Guards.IsDefault: true } acquire => $"no guards {Show(acquire with { Guards = [] })}",
        _ => operation.GetType().Name + JsonSerializer.Serialize(operation, operation.GetType()),
    };
}
