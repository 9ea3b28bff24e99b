using System.Buffers;
using CsCheck;
using RaftCluster.StateMachine;
using static RaftCluster.Tests.StateMachine.Entries;

namespace RaftCluster.Tests.StateMachine;

public sealed class EntryCodecTests
{
    private static Command[] OneOfEach =>
    [
        Put("key", "value", contentType: "text/plain"),
        Put("k\0\u00ff", "", Precondition.RevisionIn(1, long.MaxValue), table: "users"),
        Put("a", "b", Precondition.Exists),
        Delete("key"),
        Delete("other", Precondition.RevisionNotIn(7)),
        Delete("x", Precondition.Absent),
        DeleteRange("a", "b"),
        DeleteRange("", ""),
    ];

    [Fact]
    public void The_bytes_are_those_of_format_1()
    {
        Golden.Matches("entry-1", Entry(1_700_000_000_123_456, OneOfEach));
        Golden.Matches("entry-1-empty", Entry(0));
    }

    [Fact]
    public void Format_1_is_read_as_it_was_written()
    {
        var entry = Golden.Read("entry-1");
        Assert.Equal(
            new EntryHeader(1, new RequestId(0x0102030405060708, 0x090a0b0c0d0e0f10), 1_700_000_000_123_456, 8),
            EntryCodec.ReadHeader(entry));
        Assert.Equal(OneOfEach.Select(Describe), Decode(entry).Select(Describe));
    }

    [Fact]
    public void Whatever_is_written_is_read_again()
    {
        Generated.Commands.Sample(
            commands => Assert.Equal(commands.Select(Describe), Decode(Entry(5, commands)).Select(Describe)),
            iter: 2_000);
    }

    [Fact]
    public void A_value_in_pieces_makes_the_same_bytes()
    {
        var last = new Piece("lue", null);
        var first = new Piece("va", last);
        var pieces = new ReadOnlySequence<byte>(first, 0, last, 3);
        Assert.Equal(
            EntryCodec.EncodeTransaction(Put("key", "value", Precondition.Exists, "text/plain")),
            EntryCodec.EncodePut(Table, Bytes("key"), pieces, "text/plain", Precondition.Exists));
    }

    [Fact]
    public void Every_truncation_is_noticed()
    {
        var entry = Entry(5, OneOfEach);
        for (var length = 0; length < entry.Length; length++)
        {
            var failure = Assert.Throws<InvariantException>(() => Decode(entry[..length]));
            Assert.Contains("at offset", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Trailing_bytes_are_noticed() =>
        Assert.Throws<InvariantException>(() => Decode([.. Entry(5, OneOfEach), 0]));

    [Fact]
    public void A_newer_format_is_refused()
    {
        var entry = Entry(5, OneOfEach);
        entry[0] = EntryCodec.Format + 1;
        Assert.Throws<InvariantException>(() => EntryCodec.ReadHeader(entry));
    }

    [Fact]
    public void Damage_decodes_to_something_else_or_is_noticed_and_nothing_worse()
    {
        Gen.Select(Generated.Commands, Gen.Select(Gen.Int[0, 10_000], Gen.Byte).Array[1, 4]).Sample(
            (commands, flips) =>
            {
                var entry = Entry(5, commands);
                foreach (var (at, to) in flips)
                {
                    entry[at % entry.Length] = to;
                }

                return DecodesOrNotices(entry);
            },
            iter: 20_000);
    }

    [Fact]
    public void Any_bytes_decode_or_are_noticed_and_nothing_worse() =>
        Gen.Byte.Array[0, 200].Sample(
            static bytes =>
            {
                if (bytes.Length > 0)
                {
                    bytes[0] = 1;
                }

                return DecodesOrNotices(bytes);
            },
            iter: 20_000);

    public static TheoryData<Command> BeyondLimits =>
    [
        Put(""),
        Put(new string('k', 1025)),
        Put("k", table: ""),
        Put("k", table: new string('t', 129)),
        Put("k", contentType: new string('c', 256)),
        Put("k", when: Precondition.RevisionIn(0)),
        Put("k", when: Precondition.RevisionIn(-1)),
        Put("k", when: Precondition.RevisionIn(new long[256])),
        Put("k", when: new Precondition((PreconditionKind)9, [])),
        Delete(""),
        Delete(new string('k', 1025)),
        DeleteRange(new string('k', 1025), ""),
        DeleteRange("", new string('k', 1025)),
    ];

    [Theory]
    [MemberData(nameof(BeyondLimits))]
    public void What_is_beyond_a_limit_is_not_encoded(Command command) =>
        Assert.Throws<InvariantException>(() => EntryCodec.EncodeTransaction(command));

    [Fact]
    public void A_name_that_is_no_text_is_not_encoded() =>
        Assert.ThrowsAny<ArgumentException>(() => EntryCodec.EncodeTransaction(Put("k", table: "\ud800")));

    [Fact]
    public void What_is_no_transaction_is_not_composed()
    {
        Assert.Throws<InvariantException>(() => EntryCodec.ComposeEntry(RequestId.None, 1, new byte[] { 1, 0, 0, 0 }));
        Assert.Throws<InvariantException>(() => EntryCodec.ComposeEntry(RequestId.None, -1));
    }

    [Fact]
    public void A_precondition_means_the_same_read_in_place()
    {
        Gen.Select(Generated.Precondition, Gen.Long[0, 6]).Sample((when, revision) =>
        {
            var reader = EntryCodec.ReadTransactions(Entry(1, Put("k", when: when)));
            Assert.True(reader.Next(out var transaction));
            return transaction.When.Accepts(revision) == when.Accepts(revision);
        });
    }

    private static bool DecodesOrNotices(byte[] entry)
    {
        try
        {
            Decode(entry);
        }
        catch (InvariantException)
        {
            // Noticed; any other exception fails the sample.
        }

        return true;
    }

    private static List<Command> Decode(byte[] entry)
    {
        var commands = new List<Command>();
        var reader = EntryCodec.ReadTransactions(entry);
        while (reader.Next(out var transaction))
        {
            commands.Add(transaction.ToCommand());
        }

        return commands;
    }

    private static string Describe(Command command) => command switch
    {
        Command.Put put => $"put {put.Table} {Text(put.Key)} {Text(put.Value)} {put.ContentType} {Describe(put.When)}",
        Command.Delete delete => $"delete {delete.Table} {Text(delete.Key)} {Describe(delete.When)}",
        Command.DeleteRange range => $"delete range {range.Table} {Text(range.Start)} {Text(range.End)}",
        _ => throw new InvalidOperationException(),
    };

    private static string Describe(Precondition when) => $"{when.Kind}({string.Join(',', when.Revisions)})";

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(string text, Piece? next)
        {
            Memory = Bytes(text);
            Next = next;
            if (next is not null)
            {
                next.RunningIndex = text.Length;
            }
        }
    }
}
