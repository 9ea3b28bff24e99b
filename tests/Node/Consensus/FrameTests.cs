using CsCheck;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Transport;

namespace RaftCluster.Tests.Node.Consensus;

public sealed class FrameTests
{
    private static readonly Gen<LogEntry[]> Entries =
        Gen.Select(Gen.Long[1, 1_000_000], Gen.Select(Gen.Long[1, 9], Gen.Int[0, 2], Gen.Byte.Array[0, 300]).Array[0, 20])
            .Select((first, entries) => entries
                .Select((entry, at) => new LogEntry(first + at, entry.Item1, (LogEntryKind)entry.Item2, entry.Item3))
                .ToArray());

    [Fact]
    public void Entries_come_out_as_they_went_in() => Entries.Sample(entries =>
    {
        var previous = entries.Length > 0 ? entries[0].Index - 1 : 7;
        var frame = Write(new AppendRequest(12, previous, 11, 5, new StateAt(4, UInt128.MaxValue - 3), entries));
        var (request, read) = Frame.ReadAppend(frame.AsMemory(Frame.HeadLength));
        Assert.Equal((12, previous, 11, 5), (request.Term, request.PreviousIndex, request.PreviousTerm, request.Committed));
        Assert.Equal(new StateAt(4, UInt128.MaxValue - 3), request.State);
        Assert.Equal(entries.Length, read.Length);
        foreach (var (was, isNow) in entries.Zip(read))
        {
            Assert.Equal((was.Index, was.Term, was.Kind), (isNow.Index, isNow.Term, isNow.Kind));
            Assert.True(was.Payload.Span.SequenceEqual(isNow.Payload.Span));
        }
    });

    [Fact]
    public void A_frame_cut_anywhere_is_refused_and_never_read_past_its_end()
    {
        LogEntry[] entries = [new(8, 3, LogEntryKind.Command, new byte[20]), new(9, 3, LogEntryKind.Empty, default)];
        var frame = Write(new AppendRequest(3, 7, 2, 5, default, entries));
        for (var length = Frame.HeadLength; length < frame.Length; length++)
        {
            var body = frame.AsMemory(Frame.HeadLength, length - Frame.HeadLength);
            Assert.Throws<InvalidDataException>(() => Frame.ReadAppend(body));
        }
    }

    [Theory]
    [InlineData(-1L)]
    [InlineData(1L << 40)]
    [InlineData(3L)]
    public void A_count_that_does_not_fit_its_frame_takes_no_memory(long count)
    {
        var frame = Frame.Numbers(FrameKind.Append, 1, 0, 0, 0, 0, 0, 0, count);
        Assert.Throws<InvalidDataException>(() => Frame.ReadAppend(frame.AsMemory(Frame.HeadLength)));
    }

    [Fact]
    public void A_hello_says_who_calls_and_whom_it_means()
    {
        var hello = new Frame.HelloBody(
            new ProtocolRange(4, 5), 0xFEED_BEEF, PeerChannel.Votes, 1_795_000_000_000, "n1", "n22", 1L << 40, 3);
        Assert.Equal(hello, Frame.ReadHello(Frame.Hello(hello).AsSpan(Frame.HeadLength)));
        var welcome = new Frame.WelcomeBody(1_795_000_000_000, 4, 3);
        Assert.Equal(welcome, Frame.ReadWelcome(Frame.Welcome(welcome).AsSpan(Frame.HeadLength)));

        // What a later version adds comes behind.
        Assert.Equal(hello, Frame.ReadHello([.. Frame.Hello(hello).AsSpan(Frame.HeadLength), 1, 2, 3]));
        Assert.Equal(welcome, Frame.ReadWelcome([.. Frame.Welcome(welcome).AsSpan(Frame.HeadLength), 1, 2, 3]));
    }

    /// <summary>Protocol 3's had no range, and ended with the configuration.</summary>
    [Fact]
    public void An_older_hello_is_read_as_far_as_its_number()
    {
        var frame = Frame.Hello(new Frame.HelloBody(new ProtocolRange(3, 3), 7, PeerChannel.Votes, 1, "n1", "n2", 9, 2));
        var hello = Frame.ReadHello(frame.AsSpan(Frame.HeadLength)[..^4]);
        Assert.Equal((new ProtocolRange(3, 3), 7UL, "n1", "n2"), (hello.Protocols, hello.ClusterId, hello.From, hello.To));
    }

    [Theory]
    [InlineData(4, 4, 4, 4, 4)]
    [InlineData(4, 5, 4, 4, 4)]
    [InlineData(4, 4, 4, 5, 4)]
    [InlineData(4, 5, 5, 6, 5)]
    [InlineData(4, 4, 5, 5, null)]
    [InlineData(5, 6, 3, 4, null)]
    public void Two_nodes_speak_the_newest_protocol_that_both_know(int low, int high, int otherLow, int otherHigh, int? common)
    {
        var (one, other) = (new ProtocolRange((ushort)low, (ushort)high), new ProtocolRange((ushort)otherLow, (ushort)otherHigh));
        Assert.Equal(common, one.With(other));
        Assert.Equal(common, other.With(one));
    }

    [Fact]
    public void A_hello_of_something_else_is_refused()
    {
        var hello = Frame.Hello(new Frame.HelloBody(ProtocolRange.Own, 1, PeerChannel.Votes, 1, "n1", "n2", 0, 2));
        hello[Frame.HeadLength]++;
        Assert.Throws<InvalidDataException>(() => Frame.ReadHello(hello.AsSpan(Frame.HeadLength)));
    }

    [Fact]
    public void Votes_and_answers_come_out_as_they_went_in() =>
        Gen.Select(Gen.Enum<VoteKind>(), Gen.Long, Gen.Long, Gen.Long).Sample((kind, term, lastIndex, lastTerm) =>
        {
            var vote = new VoteRequest(kind, term, lastIndex, lastTerm);
            Assert.Equal(vote, Frame.ReadVote(Frame.Vote(vote).AsSpan(Frame.HeadLength)));
        });

    private static byte[] Write(in AppendRequest request)
    {
        var frame = new byte[Frame.AppendLength(request)];
        Frame.WriteAppend(frame, request);
        return frame;
    }
}
