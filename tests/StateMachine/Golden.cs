using System.Runtime.CompilerServices;

namespace RaftCluster.Tests.StateMachine;

/// <summary>
/// Bytes that are checked in. <c>RAFT_REWRITE_GOLDEN=1</c> writes them anew; the difference then shows in review that
/// a format changed.
/// </summary>
internal static class Golden
{
    private static bool Rewrite => Environment.GetEnvironmentVariable("RAFT_REWRITE_GOLDEN") == "1";

    /// <summary>Compares bytes with a file of hexadecimal lines beside the tests.</summary>
    public static void Matches(string name, ReadOnlySpan<byte> actual, [CallerFilePath] string source = "")
    {
        var file = Path.Combine(Path.GetDirectoryName(source)!, "golden", name + ".hex");
        var text = string.Concat(
            Convert.ToHexStringLower(actual).Chunk(64).Select(line => new string(line) + "\n"));
        if (Rewrite)
        {
            File.WriteAllText(file, text);
        }

        Assert.Equal(File.ReadAllText(file), text);
    }

    /// <summary>Reads a file's bytes.</summary>
    public static byte[] Read(string name, [CallerFilePath] string source = "")
    {
        var file = Path.Combine(Path.GetDirectoryName(source)!, "golden", name + ".hex");
        return Convert.FromHexString(File.ReadAllText(file).Replace("\n", "", StringComparison.Ordinal));
    }
}
