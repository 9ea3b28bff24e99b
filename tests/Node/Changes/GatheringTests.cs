using RaftCluster.Node.Changes;

namespace RaftCluster.Tests.Node.Changes;

public sealed class GatheringTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(16, 0)]
    [InlineData(100, 18)]
    [InlineData(1_000, 180)]
    [InlineData(2_000, 200)]
    [InlineData(1_000_000, 200)]
    public void Many_readers_wait_for_each_other_and_few_do_not(int woken, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Gathering.After(woken));
}
