using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace RaftCluster.Tests.Node.Log;

/// <summary>
/// Files of bytes that a format always had, in <c>golden</c> beside the test. <c>RAFTCLUSTER_GOLDEN=write</c> rewrites them.
/// </summary>
internal static class Golden
{
    /// <summary>Holds bytes to those of a file.</summary>
    public static void Matches(string name, byte[] bytes, [CallerFilePath] string test = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(test)!, "golden", name);
        var dump = Dump(bytes);
        if (Environment.GetEnvironmentVariable("RAFTCLUSTER_GOLDEN") == "write")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, dump);
        }

        Assert.Equal(File.ReadAllText(path).ReplaceLineEndings("\n"), dump);
    }

    // Sixteen bytes a line, lines of zeros left out: a format change shows as a readable difference.
    private static string Dump(byte[] bytes)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{bytes.Length} bytes; lines of zeros are left out\n");
        for (var at = 0; at < bytes.Length; at += 16)
        {
            var line = bytes.AsSpan(at, Math.Min(16, bytes.Length - at));
            if (line.ContainsAnyExcept((byte)0))
            {
                text.Append(CultureInfo.InvariantCulture, $"{at:x8} {Convert.ToHexStringLower(line)}\n");
            }
        }

        return text.ToString();
    }
}
