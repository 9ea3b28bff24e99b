using System.Globalization;
using System.Numerics;
using System.Text;

namespace RaftCluster.StateMachine.Json;

/// <summary>
/// A number as JSON writes it, taken by its digits: nothing is rounded. Compared at any length; added within
/// <see cref="MaximumDigits"/>.
/// </summary>
internal readonly struct DecimalText
{
    /// <summary>The most digits before and after the point of what is added and of the sum.</summary>
    public const int MaximumDigits = 1000;

    // An exponent beyond this counts as this: no text has so many digits that they could make up for it.
    private const long FarthestExponent = 1_000_000_000_000_000_000;

    private readonly bool _negative;
    private readonly byte[] _digits;
    private readonly int _fraction;
    private readonly long _exponent;

    private DecimalText(bool negative, byte[] digits, int fraction, long exponent)
    {
        _negative = negative && digits.Length > 0;
        _digits = digits;
        _fraction = fraction;
        _exponent = digits.Length > 0 ? exponent : 0;
    }

    public static DecimalText Zero => new(false, [], 0, 0);

    // All digits together are a whole number that is this many places too large.
    private long Scale => _fraction - _exponent;

    // The number lies between a tenth of ten to this power, and ten to this power.
    private long Magnitude => _digits.Length - Scale;

    /// <summary>Reads a number, which is all of the text.</summary>
    /// <returns>False for a text that is no number in JSON.</returns>
    public static bool TryParse(ReadOnlySpan<byte> text, out DecimalText number)
    {
        number = Zero;
        var rest = text;
        var negative = Take(ref rest, "-"u8);
        var whole = TakeDigits(ref rest);
        if (whole.IsEmpty || (whole.Length > 1 && whole[0] == '0'))
        {
            return false;
        }

        ReadOnlySpan<byte> fraction = default;
        if (Take(ref rest, "."u8) && (fraction = TakeDigits(ref rest)).IsEmpty)
        {
            return false;
        }

        var exponent = 0L;
        if (Take(ref rest, "eE"u8) && !TakeExponent(ref rest, out exponent))
        {
            return false;
        }

        byte[] digits = [.. whole, .. fraction];
        number = new DecimalText(negative, digits.AsSpan().TrimStart((byte)'0').ToArray(), fraction.Length, exponent);
        return rest.IsEmpty;
    }

    /// <summary>Compares by value: 1.0 and 10e-1 are equal.</summary>
    public int CompareTo(in DecimalText other)
    {
        var (sign, othersSign) = (Sign(), other.Sign());
        if (sign != othersSign || sign == 0)
        {
            return sign.CompareTo(othersSign);
        }

        var order = Magnitude.CompareTo(other.Magnitude);
        if (order == 0)
        {
            order = _digits.AsSpan().TrimEnd((byte)'0').SequenceCompareTo(other._digits.AsSpan().TrimEnd((byte)'0'));
        }

        return Math.Sign(order) * sign;
    }

    /// <summary>Adds, keeping the longer fraction.</summary>
    /// <param name="other">What is added.</param>
    /// <param name="sum">The sum, without an exponent.</param>
    /// <returns>False when one of the three is beyond the limit.</returns>
    public bool TryAdd(in DecimalText other, out byte[] sum)
    {
        sum = [];
        if (!IsWithinLimit() || !other.IsWithinLimit())
        {
            return false;
        }

        var scale = (int)Math.Max(0, Math.Max(Scale, other.Scale));
        var whole = Whole(scale) + other.Whole(scale);
        var digits = BigInteger.Abs(whole).ToString(NumberFormatInfo.InvariantInfo).PadLeft(scale + 1, '0');
        if (digits.Length - scale > MaximumDigits)
        {
            return false;
        }

        var text = new StringBuilder(whole.Sign < 0 ? "-" : "").Append(digits);
        if (scale > 0)
        {
            text.Insert(text.Length - scale, '.');
        }

        sum = Encoding.ASCII.GetBytes(text.ToString());
        return true;
    }

    private static bool Take(scoped ref ReadOnlySpan<byte> rest, ReadOnlySpan<byte> any)
    {
        var taken = !rest.IsEmpty && any.Contains(rest[0]);
        rest = taken ? rest[1..] : rest;
        return taken;
    }

    private static ReadOnlySpan<byte> TakeDigits(scoped ref ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        var digits = end < 0 ? rest : rest[..end];
        rest = rest[digits.Length..];
        return digits;
    }

    private static bool TakeExponent(scoped ref ReadOnlySpan<byte> rest, out long exponent)
    {
        exponent = 0;
        var negative = Take(ref rest, "-"u8);
        if (!negative)
        {
            Take(ref rest, "+"u8);
        }

        var digits = TakeDigits(ref rest);
        foreach (var digit in digits)
        {
            exponent = Math.Min(FarthestExponent, (exponent * 10) + (digit - '0'));
            if (exponent == FarthestExponent)
            {
                break;
            }
        }

        exponent = negative ? -exponent : exponent;
        return !digits.IsEmpty;
    }

    private int Sign() => _digits.Length == 0 ? 0 : _negative ? -1 : 1;

    private bool IsWithinLimit() => Magnitude <= MaximumDigits && Scale <= MaximumDigits;

    /// <summary>The number times ten to the power of a scale, which is not below its own.</summary>
    private BigInteger Whole(int scale)
    {
        if (_digits.Length == 0)
        {
            return BigInteger.Zero;
        }

        var whole = BigInteger.Parse(Encoding.ASCII.GetString(_digits), NumberStyles.None, NumberFormatInfo.InvariantInfo)
            * BigInteger.Pow(10, (int)(scale - Scale));
        return _negative ? -whole : whole;
    }
}
