using CsCheck;
using RaftCluster.Node.Retention;

namespace RaftCluster.Tests.Node.Retention;

public sealed class RetentionPolicyTests
{
    private static readonly DateTimeOffset _zero = DateTimeOffset.UnixEpoch;

    // kept for, kept at most, now → oldest revision; revision r was made in second 10 r, and 100 is the newest
    public static TheoryData<int?, int?, int, long> Floors => new()
    {
        { null, null, 1_000_000, 0 },
        { 100, null, 1000, 90 },
        { 100, null, 1009, 90 },
        { 100, null, 1010, 91 },
        { 100, null, 5000, 100 },
        { 2000, null, 1000, 0 },
        { null, 30, 1000, 70 },
        { null, 300, 1000, 0 },
        { 100, 30, 1000, 90 },
        { 900, 30, 1000, 70 },
    };

    [Theory]
    [MemberData(nameof(Floors))]
    public void BothBoundsCutHistory(int? seconds, int? revisions, int now, long floor)
    {
        var policy = new RetentionPolicy(seconds is { } age ? TimeSpan.FromSeconds(age) : null, revisions);

        Assert.Equal(floor, policy.FloorOf(0, 100, revision => _zero.AddSeconds(10 * revision), _zero.AddSeconds(now)));
    }

    [Fact]
    public void AMomentWithinTheBoundReadsWhatStoodThen() => Gen
        .Select(Gen.Int[1, 50].Array[1, 40], Gen.Int[0, 2500], Gen.Int[0, 2500], Gen.Int[0, 45])
        .Sample((gaps, age, now, oldest) =>
        {
            var times = new List<int> { 0 };
            times.AddRange(gaps.Select(gap => times[^1] + gap));
            var newest = times.Count - 1;
            oldest = Math.Min(oldest, newest);

            var floor = new RetentionPolicy(TimeSpan.FromSeconds(age), null).FloorOf(
                oldest, newest, revision => _zero.AddSeconds(times[(int)revision]), _zero.AddSeconds(now));

            var standing = times.FindLastIndex(time => time <= now - age);
            Assert.Equal(Math.Max(oldest, standing), floor);
        });

    [Fact]
    public void HistoryThatWasDroppedDoesNotComeBack() =>
        Assert.Equal(80, new RetentionPolicy(null, 50).FloorOf(80, 100, _ => _zero, _zero));
}
