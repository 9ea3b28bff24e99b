using System.Globalization;
using System.Numerics;
using System.Text;
using CsCheck;
using RaftCluster.StateMachine.Json;

namespace RaftCluster.Tests.StateMachine;

public sealed class DecimalTextTests
{
    private static readonly Gen<string> Number = Gen.Select(
        Gen.OneOf("", "-"), Gen.Int[0, 2_000_000], Gen.OneOf("", ".0", ".5", ".25", ".000", ".000001", ".10"), Gen.OneOf("", "e0", "E+2", "e-3", "e007"),
        (sign, whole, fraction, exponent) => $"{sign}{whole}{fraction}{exponent}");

    [Theory]
    [InlineData("0")]
    [InlineData("-0")]
    [InlineData("10")]
    [InlineData("-1.50")]
    [InlineData("1e5")]
    [InlineData("1E+05")]
    [InlineData("0.1e-99999999999999999999")]
    public void A_number_is_what_json_says(string text) => Assert.True(DecimalText.TryParse(Encoding.ASCII.GetBytes(text), out _));

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("+1")]
    [InlineData("01")]
    [InlineData("-01")]
    [InlineData(".5")]
    [InlineData("5.")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("1 ")]
    [InlineData(" 1")]
    [InlineData("1,5")]
    [InlineData("0x1")]
    [InlineData("NaN")]
    [InlineData("1e5.5")]
    [InlineData("--1")]
    public void Anything_else_is_none(string text) => Assert.False(DecimalText.TryParse(Encoding.UTF8.GetBytes(text), out _));

    // ascending; all on one line are equal
    private static readonly string[][] Order =
    [
        ["-1e1000000000000000000", "-1e99999999999999999999"],
        ["-1e3", "-1000.000"],
        ["-999.9999999999999999999999999999"],
        ["-1"],
        ["-1e-30"],
        ["0", "-0", "0.000", "0e99", "-0e-5"],
        ["1e-400"],
        ["0.1", "1e-1", "0.10", "10e-2"],
        ["0.10000000000000000000001"],
        ["9007199254740992"],
        ["9007199254740993", "9.007199254740993e15"],
        ["1e400", "10e399", "0.001e403"],
        ["1e999999999999"],
    ];

    [Fact]
    public void Numbers_are_ordered_by_value_at_any_length()
    {
        for (var left = 0; left < Order.Length; left++)
        {
            for (var right = 0; right < Order.Length; right++)
            {
                foreach (var (one, other) in Order[left].SelectMany(one => Order[right].Select(other => (one, other))))
                {
                    Assert.True(
                        Math.Sign(Parse(one).CompareTo(Parse(other))) == Math.Sign(left.CompareTo(right)), $"{one} and {other}");
                }
            }
        }
    }

    [Fact]
    public void Order_and_sum_agree_with_fractions_of_whole_numbers() => Gen.Select(Number, Number).Sample(
        static (left, right) =>
        {
            Assert.Equal(Millionths(left).CompareTo(Millionths(right)), Parse(left).CompareTo(Parse(right)));
            Assert.True(Parse(left).TryAdd(Parse(right), out var sum));
            var text = Encoding.ASCII.GetString(sum);
            Assert.Equal(Millionths(left) + Millionths(right), Millionths(text));
            Assert.DoesNotContain('e', text);
            Assert.True(DecimalText.TryParse(sum, out _), text);
            Assert.Equal(Math.Max(Places(left), Places(right)), Places(text));
        },
        iter: 20_000);

    [Fact]
    public void A_sum_is_bounded()
    {
        var longest = new string('9', DecimalText.MaximumDigits);
        Assert.True(Parse(longest).TryAdd(Parse("-1"), out var sum));
        Assert.Equal(longest[1..] + "8", Encoding.ASCII.GetString(sum));
        Assert.False(Parse(longest).TryAdd(Parse("1"), out _));
        Assert.False(Parse(longest + "0").TryAdd(Parse("1"), out _));
        Assert.False(Parse("1e1000").TryAdd(Parse("1"), out _));
        Assert.False(Parse("1e-1001").TryAdd(Parse("1"), out _));
        Assert.False(Parse("1e999999999999999999999").TryAdd(Parse("1"), out _));
        Assert.False(Parse("1").TryAdd(Parse("1e-999999999999999999999"), out _));
        Assert.True(Parse("1e999").TryAdd(Parse("1e-1000"), out sum));
        Assert.Equal(2001, sum.Length);
        Assert.True(DecimalText.TryParse(sum, out var again) && again.TryAdd(Parse("1"), out _));
    }

    private static DecimalText Parse(string text)
    {
        Assert.True(DecimalText.TryParse(Encoding.ASCII.GetBytes(text), out var number));
        return number;
    }

    // What the generated numbers are made of ends nine places behind the point.
    private static BigInteger Millionths(string text)
    {
        var parts = text.ToLowerInvariant().Split('e');
        var places = parts[0].Contains('.', StringComparison.Ordinal) ? parts[0].Length - 1 - parts[0].IndexOf('.', StringComparison.Ordinal) : 0;
        var exponent = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
        return BigInteger.Parse(parts[0].Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture)
            * BigInteger.Pow(10, 12 - places + exponent);
    }

    private static int Places(string text)
    {
        var parts = text.ToLowerInvariant().Split('e');
        if (parts[0].All(digit => digit is '0' or '.' or '-'))
        {
            // The exponent of nothing says nothing.
            parts = [parts[0]];
        }

        var places = parts[0].Contains('.', StringComparison.Ordinal) ? parts[0].Length - 1 - parts[0].IndexOf('.', StringComparison.Ordinal) : 0;
        return Math.Max(0, places - (parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0));
    }
}
