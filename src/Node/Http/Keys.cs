using System.Text;
using System.Text.Unicode;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>What a key, or the beginning of one, may be.</summary>
internal static class Keys
{
    /// <param name="field">What the key is called in the request.</param>
    /// <param name="key">The key; null when an escape in it was malformed.</param>
    /// <param name="mayBeEmpty">Whether it is a bound or a prefix, not a key.</param>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public static Problem? Check(string field, byte[]? key, bool mayBeEmpty) => key switch
    {
        null => Problem.Malformed(field, $"{field} has a malformed percent escape: % and two hexadecimal digits are expected"),
        [] when !mayBeEmpty => Problem.Malformed(field, $"{field} is empty: it has 1 to {EntryCodec.MaximumKeyLength} bytes"),
        { Length: > EntryCodec.MaximumKeyLength } =>
            Problem.Malformed(field, $"{field} has {key.Length} bytes: it has at most {EntryCodec.MaximumKeyLength}"),
        _ when !Utf8.IsValid(key) => Problem.Malformed(field, $"{field} is not UTF-8"),
        _ => null,
    };

    /// <summary>Reads a bound or a prefix from a parameter.</summary>
    public static Problem? Read(in QueryParameters query, string field, out byte[]? key)
    {
        key = query.Take(field) is { } text ? Encoding.UTF8.GetBytes(text) : null;
        return key is null ? null : Check(field, key, mayBeEmpty: true);
    }
}
