using System.Globalization;

namespace RaftCluster.Cli;

/// <summary>Sizes for people.</summary>
internal static class Bytes
{
    private static readonly string[] _units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>A size, rounded: <c>512 B</c>, <c>1.5 MiB</c>.</summary>
    internal static string Show(long bytes)
    {
        var (size, unit) = ((double)bytes, 0);
        for (; size >= 1024 && unit < _units.Length - 1; unit++)
        {
            size /= 1024;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{size:0.#} {_units[unit]}");
    }
}
