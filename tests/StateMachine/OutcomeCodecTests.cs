using RaftCluster.StateMachine;
using static RaftCluster.Tests.StateMachine.Entries;

namespace RaftCluster.Tests.StateMachine;

public sealed class OutcomeCodecTests
{
    private static readonly Row Row = new(Bytes("key"), Bytes("value"), "text/plain", 9, 8, 2, 7);

    public static TheoryData<Outcome> Outcomes =>
    [
        new Outcome.Written(1, 2),
        new Outcome.Deleted(3, 4),
        new Outcome.Absent(5),
        new Outcome.Refused(6, 7),
        new Outcome.Failed(8, FailureKind.TableChanged, -1, "users"),
        new Outcome.Failed(8, FailureKind.OutOfRange, 1023, "", InElse: true),
        new Outcome.Fenced(9, "löck", 0),
        new Outcome.Transacted(10, false, []),
        Everything,
    ];

    private static Outcome Everything => new Outcome.Transacted(long.MaxValue, true,
        [
            new OperationResult.Written(Bytes("k\0\u00ff"), 1, 2),
            new OperationResult.Deleted(true),
            new OperationResult.Deleted(false),
            new OperationResult.RangeDeleted(3),
            new OperationResult.Got(null),
            new OperationResult.Got(Row),
            new OperationResult.Ranged([Row, Row with { ContentType = null, Value = default, Lease = 0 }], 2, true),
            new OperationResult.Ranged([], 1_000_000, false),
            new OperationResult.Patched(true, 4),
            new OperationResult.Patched(false, 0),
            new OperationResult.Added(Bytes("1.50"), 5),
            new OperationResult.LeaseGranted(6, 7),
            new OperationResult.LeasesEnded(8, 9),
            new OperationResult.LockHeld(10, 11, 12),
            new OperationResult.LockQueued(13, 14, "holder", 15, 16),
            new OperationResult.LockTaken("hölder", 17, 18),
            new OperationResult.LockReleased(true),
        ]);

    [Theory]
    [MemberData(nameof(Outcomes))]
    public void What_is_written_is_read_again(Outcome outcome)
    {
        var again = OutcomeCodec.Decode(OutcomeCodec.Encode(outcome));
        Assert.Equal(Describe(outcome), Describe(again));
        Assert.Equal((outcome as Outcome.Failed)?.Detail, (again as Outcome.Failed)?.Detail);
    }

    [Fact]
    public void The_bytes_are_those_of_format_1()
    {
        Golden.Matches("outcome-1", OutcomeCodec.Encode(Everything));
        Assert.Equal(Describe(Everything), Describe(OutcomeCodec.Decode(Golden.Read("outcome-1"))));
    }

    [Theory]
    [MemberData(nameof(Outcomes))]
    public void Every_truncation_and_what_follows_is_noticed(Outcome outcome)
    {
        var bytes = OutcomeCodec.Encode(outcome);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvariantException>(() => OutcomeCodec.Decode(bytes.AsSpan(0, length)));
        }

        Assert.Throws<InvariantException>(() => OutcomeCodec.Decode([.. bytes, 0]));
    }

    [Fact]
    public void A_newer_format_and_an_unknown_kind_are_refused()
    {
        var bytes = OutcomeCodec.Encode(new Outcome.Absent(1));
        Assert.Throws<InvariantException>(() => OutcomeCodec.Decode([2, .. bytes.AsSpan(1)]));
        Assert.Throws<InvariantException>(() => OutcomeCodec.Decode([1, 99, .. bytes.AsSpan(2)]));
    }

    [Fact]
    public void What_is_not_kept_is_not_encoded()
    {
        Assert.Throws<InvariantException>(() => OutcomeCodec.Encode(new Outcome.KeyReused(1)));
        Assert.Throws<InvariantException>(() => OutcomeCodec.Encode(new Outcome.Replayed(1, new Outcome.Absent(1))));
    }
}
