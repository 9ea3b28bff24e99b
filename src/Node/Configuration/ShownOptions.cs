namespace RaftCluster.Node.Configuration;

/// <summary>The options that were stated, as they may be shown to anybody.</summary>
public static class ShownOptions
{
    /// <summary>Stands for a value that is nobody else's business.</summary>
    public const string Hidden = "(hidden)";

    private static readonly string[] _secretWords = ["token", "password", "passphrase", "secret", "credential", "auth", "private"];

    /// <summary>An option's value, or <see cref="Hidden"/> when its name says that it is, or leads to, a secret.</summary>
    /// <param name="name">The option's name, as on the command line without its dashes.</param>
    /// <param name="value">What was stated.</param>
    public static string Show(string name, string value) =>
        name.Split('-').Any(word => word == "key" || Array.Exists(_secretWords, secret => word.StartsWith(secret, StringComparison.Ordinal)))
            ? Hidden
            : value;
}
