using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace RaftCluster.Client;

/// <summary>
/// Names one grant of a lock. A write that carries it happens only while that grant is the lock's current one, so that a
/// holder that was taken for dead can't write behind its successor's back.
/// </summary>
/// <param name="Lock">The lock's name.</param>
/// <param name="Number">The grant's number, which grows with every grant.</param>
public readonly record struct Fence(string Lock, long Number)
{
    /// <summary>Reads <c>name;N</c>.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">It is no fence.</exception>
    public static Fence Parse(string text) => TryParse(text, out var fence)
        ? fence
        : throw new FormatException($"'{text}' is no fence; it is written name;N, with N from 1.");

    /// <summary>Reads <c>name;N</c>, the name percent-encoded where it holds <c>, ; %</c> or what a header can't.</summary>
    /// <param name="text">The text.</param>
    /// <param name="fence">What it names.</param>
    /// <returns>Whether it is one.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out Fence fence)
    {
        fence = default;
        var part = text?.IndexOf(';', StringComparison.Ordinal) ?? -1;
        if (part < 1
            || !long.TryParse(text.AsSpan(part + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || number < 1)
        {
            return false;
        }

        fence = new Fence(Uri.UnescapeDataString(text![..part]), number);
        return true;
    }

    /// <summary><c>name;N</c>, as the header <c>Raft-Fence</c> and the variable <c>RAFT_FENCE</c> hold it.</summary>
    public override string ToString() => Lock is { Length: > 0 } && Number > 0
        ? string.Create(CultureInfo.InvariantCulture, $"{KeyPath.Encode(Lock)};{Number}")
        : "";
}
