using System.Globalization;

namespace RaftCluster.Node.Configuration;

/// <summary>A number of bytes as people write it: <c>4096</c>, <c>64KiB</c>, <c>1MiB</c>, <c>1GB</c>.</summary>
public static class ByteSize
{
    /// <summary>What a caller is told when a size can't be read.</summary>
    public const string Form = "a whole number of bytes, or one with a unit: 4096, 64KiB, 1MiB";

    /// <summary>Shows a size to people, rounded: <c>512 B</c>, <c>1.5 MiB</c>.</summary>
    public static string Show(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        var (size, unit) = ((double)bytes, 0);
        for (; size >= 1024 && unit < units.Length - 1; unit++)
        {
            size /= 1024;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{size:0.#} {units[unit]}");
    }

    /// <summary>Reads a size.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long bytes)
    {
        var digits = text.IndexOfAnyExceptInRange('0', '9');
        digits = digits < 0 ? text.Length : digits;
        long unit = text[digits..] switch
        {
            "" or "B" => 1,
            "KiB" => 1L << 10,
            "MiB" => 1L << 20,
            "GiB" => 1L << 30,
            "kB" or "KB" => 1_000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            _ => 0,
        };
        bytes = 0;
        if (unit == 0
            || digits is 0 or > 12
            || !long.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || number > long.MaxValue / unit)
        {
            return false;
        }

        bytes = number * unit;
        return true;
    }
}
