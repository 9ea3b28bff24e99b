using System.Globalization;

namespace RaftCluster.Node.Http;

/// <summary>Reads whole numbers: digits alone, without a sign, spaces or separators.</summary>
internal static class Numbers
{
    /// <returns>Null when it is no number, or out of bounds.</returns>
    public static long? Read(string text, long least, long most) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : null;
}
