using CsCheck;
using RaftCluster.Node.Configuration;

namespace RaftCluster.Tests.Node.Configuration;

/// <summary>Times and sizes as people write them.</summary>
public sealed class MeasureTests
{
    [Theory]
    [InlineData("0ms", 0)]
    [InlineData("500ms", 500)]
    [InlineData("5s", 5_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("2m", 120_000)]
    [InlineData("1h", 3_600_000)]
    public void A_time_is_read(string text, int milliseconds)
    {
        Assert.True(Duration.TryParse(text, out var duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("ms")]
    [InlineData("5 s")]
    [InlineData(" 5s")]
    [InlineData("-5s")]
    [InlineData("+5s")]
    [InlineData(".5s")]
    [InlineData("5.s")]
    [InlineData("1.2.3s")]
    [InlineData("1,5s")]
    [InlineData("5S")]
    [InlineData("5min")]
    [InlineData("9999999h")]
    [InlineData("99999999999999999999s")]
    [InlineData("٥s")]
    public void What_is_no_time_is_refused(string text) => Assert.False(Duration.TryParse(text, out _));

    [Fact]
    public void A_time_reads_back_as_it_was_written() => Gen.Int[0, int.MaxValue].Sample(milliseconds =>
        Duration.TryParse(Duration.Format(TimeSpan.FromMilliseconds(milliseconds)), out var read)
        && read.TotalMilliseconds == milliseconds);

    [Theory]
    [InlineData("0", 0)]
    [InlineData("4096", 4096)]
    [InlineData("7B", 7)]
    [InlineData("64KiB", 65_536)]
    [InlineData("1MiB", 1_048_576)]
    [InlineData("1MB", 1_000_000)]
    [InlineData("2GiB", 2_147_483_648)]
    public void A_size_is_read(string text, long bytes)
    {
        Assert.True(ByteSize.TryParse(text, out var read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("MiB")]
    [InlineData("1.5MiB")]
    [InlineData("-1")]
    [InlineData("1 MiB")]
    [InlineData("1mib")]
    [InlineData("9999999999999")]
    public void What_is_no_size_is_refused(string text) => Assert.False(ByteSize.TryParse(text, out _));
}
