using RaftCluster.Node.Space;

namespace RaftCluster.Tests.Node.Space;

public sealed class ReserveTests
{
    private const long MiB = 1 << 20;
    private const long GiB = 1 << 30;

    [Theory]
    [InlineData(20 * MiB, 2 * MiB)]
    [InlineData(GiB, GiB / 10)]
    [InlineData(4 * GiB, 256 * MiB)]
    [InlineData(100 * GiB, 2 * GiB)]
    [InlineData(4096 * GiB, 8 * GiB)]
    public void It_is_a_share_of_the_disk_within_bounds(long total, long reserve) => Assert.Equal(reserve, Reserve.Default(total));

    [Theory]
    [InlineData(false, 800, false)]
    [InlineData(false, 799, true)]
    [InlineData(true, 800, true)]
    [InlineData(true, 899, true)]
    [InlineData(true, 900, false)]
    public void A_disk_is_low_below_it_and_until_there_is_an_eighth_more(bool was, long free, bool low) =>
        Assert.Equal(low, Reserve.IsLow(was, free + 50, 800, 50));

    [Fact]
    public void Without_a_reserve_no_disk_is_low()
    {
        Assert.False(Reserve.IsLow(false, 0, 0, 70));
        Assert.False(Reserve.IsLow(true, 0, 0, 70));
    }
}
