using System.Text.RegularExpressions;

namespace RaftCluster.Node.Tables;

/// <summary>What tables are called.</summary>
internal static partial class TableNames
{
    /// <summary>The built-in table of opaque values.</summary>
    public const string KeyValue = "kv";

    /// <summary>What a caller is told when a name is none.</summary>
    public const string Form = "a letter or '_', then at most 127 letters, digits, '_', '.' or '-'";

    /// <summary>Whether callers may give a table this name.</summary>
    public static bool IsValid(string name) => NamePattern().IsMatch(name);

    /// <summary>Whether a table's rows are JSON objects, not bytes of any kind.</summary>
    public static bool HasObjects(string name) => name != KeyValue;

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_.-]{0,127}\z", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();
}
