using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consistency;

namespace RaftCluster.Tests.Node.Consistency;

public sealed class FreshnessTests
{
    [Fact]
    public void Nothing_is_known_before_the_first_proof() => Assert.Null(new Freshness(new TestClock()).Staleness);

    [Fact]
    public void It_counts_from_when_the_newest_proof_began()
    {
        var clock = new TestClock();
        var freshness = new Freshness(clock);
        var early = clock.GetTimestamp();
        clock.Advance(TimeSpan.FromMilliseconds(30));
        var late = clock.GetTimestamp();
        clock.Advance(TimeSpan.FromMilliseconds(20));

        freshness.Note(new Confirmation(9, late));
        Assert.Equal(TimeSpan.FromMilliseconds(20), freshness.Staleness);

        // A proof that began before and arrives after says nothing new.
        freshness.Note(new Confirmation(8, early));
        Assert.Equal(TimeSpan.FromMilliseconds(20), freshness.Staleness);

        clock.Advance(TimeSpan.FromMilliseconds(5));
        Assert.Equal(TimeSpan.FromMilliseconds(25), freshness.Staleness);
    }

    private sealed class TestClock : TimeProvider
    {
        private long _now = 1000;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Advance(TimeSpan time) => _now += time.Ticks;
    }
}
