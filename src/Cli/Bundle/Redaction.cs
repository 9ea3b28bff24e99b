using System.Text.RegularExpressions;

namespace RaftCluster.Cli;

/// <summary>Takes out what is nobody else's business.</summary>
internal static partial class Redaction
{
    internal const string Hidden = "(hidden)";

    /// <summary>Options, those whose names speak of secrets without their values.</summary>
    internal static IReadOnlyDictionary<string, string> Of(IReadOnlyDictionary<string, string> options) =>
        options.ToDictionary(option => option.Key, option => Secret().IsMatch(option.Key) ? Hidden : Of(option.Value), StringComparer.Ordinal);

    /// <summary>
    /// Text, without what stands behind a word for a secret, credentials in an address, bearer tokens, and private keys.
    /// </summary>
    internal static string Of(string text) =>
        PrivateKey().Replace(Bearer().Replace(UserInfo().Replace(Assigned().Replace(text, $"$1{Hidden}"), $"$1{Hidden}@"), $"$1 {Hidden}"), Hidden);

    [GeneratedRegex(@"(^|-)(token|password|passphrase|secret|credential|auth|private|key)s?($|-)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Secret();

    [GeneratedRegex(
        @"((?:token|password|passphrase|secret|credentials?|authorization|api[-_]?key|private[-_]?key|tls[-_]?key)[""']?\s*[:=]\s*[""']?)(?!\s|bearer\b)[^\s""',;]+",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Assigned();

    [GeneratedRegex(@"([a-z][a-z0-9+.-]*://)[^/\s@]+@", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex UserInfo();

    [GeneratedRegex(@"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Bearer();

    [GeneratedRegex(@"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex PrivateKey();
}
