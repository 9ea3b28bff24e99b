using System.Buffers;

namespace RaftCluster.Node.Configuration;

/// <summary>What the name of a node or a cluster may look like.</summary>
internal static class NodeName
{
    public const string Form = "1 to 64 letters, digits, '-', '_' or '.'";

    private static readonly SearchValues<char> _allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    public static bool IsValid(ReadOnlySpan<char> text) =>
        text.Length is >= 1 and <= 64 && !text.ContainsAnyExcept(_allowed);
}
