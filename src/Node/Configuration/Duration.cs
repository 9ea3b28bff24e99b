using System.Globalization;

namespace RaftCluster.Node.Configuration;

/// <summary>A length of time as people write it: a number and a unit (<c>500ms</c>, <c>1.5s</c>, <c>2m</c>, <c>1h</c>).</summary>
public static class Duration
{
    /// <summary>What a caller is told when a duration can't be read.</summary>
    public const string Form = "a number and a unit: 500ms, 5s, 2m or 1h";

    private static readonly System.Buffers.SearchValues<char> _digits = System.Buffers.SearchValues.Create("0123456789.");
    private static readonly TimeSpan _longest = TimeSpan.FromDays(365);

    /// <summary>Reads a duration of at most a year.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        duration = default;
        var digits = text.IndexOfAnyExcept(_digits);
        if (digits is <= 0 or > 12 || text[0] == '.' || text[digits - 1] == '.')
        {
            return false;
        }

        var milliseconds = text[digits..] switch
        {
            "ms" => 1m,
            "s" => 1_000m,
            "m" => 60_000m,
            "h" => 3_600_000m,
            _ => 0m,
        };
        if (milliseconds == 0
            || !decimal.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || number * milliseconds > (decimal)_longest.TotalMilliseconds)
        {
            return false;
        }

        duration = TimeSpan.FromTicks((long)(number * milliseconds * TimeSpan.TicksPerMillisecond));
        return true;
    }

    /// <summary>The shortest form that <see cref="TryParse"/> reads back as the same whole milliseconds.</summary>
    public static string Format(TimeSpan duration)
    {
        var milliseconds = (long)duration.TotalMilliseconds;
        return milliseconds switch
        {
            > 0 when milliseconds % 3_600_000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 3_600_000}h"),
            > 0 when milliseconds % 60_000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 60_000}m"),
            > 0 when milliseconds % 1_000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 1_000}s"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{milliseconds}ms"),
        };
    }
}
