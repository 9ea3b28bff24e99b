using System.Globalization;
using RaftCluster.Node.Consensus.Log.Disk;

namespace RaftCluster.Node.Consensus.Log;

/// <summary>The names of the files in the log's folder.</summary>
internal static class LogFolder
{
    /// <summary>Its name in the data folder.</summary>
    public const string Name = "log";

    /// <summary>The file that becomes the next segment: it has no meaning until it is renamed.</summary>
    public const string Spare = "spare.tmp";

    /// <summary>The file with the term and the vote.</summary>
    public const string Vote = "vote";

    /// <summary>The vote file before it has its first content.</summary>
    public const string NewVote = "vote.tmp";

    private const string Extension = ".log";
    private const int Digits = 16;

    public static string SegmentName(long sequence) => sequence.ToString("x16", CultureInfo.InvariantCulture) + Extension;

    /// <summary>The sequences of the segments in <paramref name="folder"/>, ascending.</summary>
    public static List<long> Segments(IDisk disk, string folder)
    {
        var found = new List<long>();
        foreach (var name in disk.List(folder))
        {
            if (name.Length == Digits + Extension.Length
                && name.EndsWith(Extension, StringComparison.Ordinal)
                && long.TryParse(name.AsSpan(0, Digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var sequence))
            {
                found.Add(sequence);
            }
        }

        found.Sort();
        return found;
    }
}
