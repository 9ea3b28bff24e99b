using RaftCluster.Node.Changes;

namespace RaftCluster.Tests.Node.Changes;

public sealed class GatheringTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(100, 0)]
    [InlineData(111, 0)]
    [InlineData(112, 1.008)]
    [InlineData(1_000, 9)]
    [InlineData(20_000, 180)]
    [InlineData(30_000, 200)]
    [InlineData(10_000_000, 200)]
    public void What_took_long_rests_long_and_what_is_quick_does_not(int microseconds, double milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Gathering.After(TimeSpan.FromMicroseconds(microseconds)));
}
