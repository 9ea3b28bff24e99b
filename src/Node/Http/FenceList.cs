using System.Collections.Immutable;
using System.Text;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>
/// Reads the locks that a writer says it holds: <c>name;N</c>, several with commas. A name is percent-encoded as in a
/// path, so that it may have a comma too.
/// </summary>
internal static class FenceList
{
    /// <summary>The longest name of a lock, in bytes of UTF-8: that of a key.</summary>
    private const int LongestName = EntryCodec.MaximumKeyLength;

    /// <summary>Reads a list.</summary>
    /// <param name="field">What it is called in the request.</param>
    /// <param name="text">The list.</param>
    /// <param name="fences">What it holds.</param>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public static Problem? Read(string field, string text, out ImmutableArray<Fence> fences)
    {
        var read = ImmutableArray.CreateBuilder<Fence>(1);
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (ReadOne(part) is not { } fence)
            {
                fences = [];
                return Problem.Malformed(field, $"{field} is malformed: a lock's name, percent-encoded, and its fence are expected: name;17");
            }

            read.Add(fence);
        }

        fences = read.DrainToImmutable();
        return null;
    }

    private static Fence? ReadOne(string text)
    {
        var end = text.LastIndexOf(';');
        if (end <= 0
            || Numbers.Read(text[(end + 1)..], 1, long.MaxValue) is not { } number
            || PercentEncoding.Decode(text.AsSpan(0, end)) is not { Length: <= LongestName } name
            || !System.Text.Unicode.Utf8.IsValid(name))
        {
            return null;
        }

        return new Fence(Encoding.UTF8.GetString(name), number);
    }
}
