using System.Globalization;

namespace RaftCluster.Cli.Up;

/// <summary>What a node's exit code means. The codes are the node's own contract.</summary>
internal static class ProcessEnd
{
    private const int Usage = 2;
    private const int DataFolder = 3;
    private const int Corrupt = 7;
    private const int Clock = 8;
    private const int Removed = 9;

    /// <summary>Whether starting it again, with nothing changed, ends the same way.</summary>
    internal static bool IsHopeless(int exitCode) => exitCode is Usage or DataFolder or Corrupt or Clock or Removed;

    /// <summary>In words: the node's own last line where it left one.</summary>
    internal static string Describe(int exitCode, string? lastWords) => (exitCode, lastWords) switch
    {
        // A process that a signal ended had no chance to say why.
        (137, _) => "killed (SIGKILL)",
        ( > 128 and < 160, _) => string.Create(CultureInfo.InvariantCulture, $"ended by signal {exitCode - 128}"),
        (0, _) => "stopped by itself",
        (_, { } words) => string.Create(CultureInfo.InvariantCulture, $"exit code {exitCode}: {words}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"exit code {exitCode}"),
    };
}
