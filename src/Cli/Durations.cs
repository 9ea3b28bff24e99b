using System.CommandLine.Parsing;
using System.Globalization;

namespace RaftCluster.Cli;

/// <summary>Durations as people write them: <c>500ms</c>, <c>10s</c>, <c>1.5m</c>; a bare number is seconds.</summary>
internal static class Durations
{
    private static readonly TimeSpan _longest = TimeSpan.FromDays(1);

    internal static bool TryParse(string text, out TimeSpan duration)
    {
        var digits = text.AsSpan().TrimEnd("abcdefghijklmnopqrstuvwxyz");
        double? unit = text[digits.Length..] switch
        {
            "ms" => 0.001,
            "s" or "" => 1,
            "m" => 60,
            "h" => 3600,
            _ => null,
        };
        duration = TimeSpan.Zero;
        if (unit is null
            || !double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || number * unit > _longest.TotalSeconds)
        {
            return false;
        }

        duration = TimeSpan.FromSeconds(number * unit.Value);
        return duration > TimeSpan.Zero;
    }

    internal static TimeSpan Parse(ArgumentResult result)
    {
        var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (!TryParse(text, out var duration))
        {
            result.AddError($"'{text}' is not a time; write 500ms, 10s or 1m, at most a day.");
        }

        return duration;
    }

    /// <summary>As short as a table wants it: <c>42s</c>, <c>3m07s</c>, <c>5h02m</c>, <c>2d05h</c>.</summary>
    internal static string Short(TimeSpan time) => time switch
    {
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalSeconds}s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}m{time.Seconds:00}s"),
        { TotalDays: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Hours}h{time.Minutes:00}m"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.Days}d{time.Hours:00}h"),
    };
}
