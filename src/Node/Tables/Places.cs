using System.Globalization;

namespace RaftCluster.Node.Tables;

/// <summary>How a place in a JSON text is written: members by their names, items by their numbers.</summary>
internal static class Places
{
    /// <summary>A name may be as long as its text; what is told of it need not.</summary>
    private const int LongestName = 100;

    /// <summary>A member of an object.</summary>
    public static string Member(string place, string name)
    {
        name = name.Length > LongestName ? name[..LongestName] + "…" : name;
        return place.Length == 0 ? name : $"{place}.{name}";
    }

    /// <summary>An item of an array.</summary>
    public static string Item(string place, int at) => string.Create(CultureInfo.InvariantCulture, $"{place}[{at}]");

    /// <summary>A place within a place.</summary>
    public static string Join(string outer, string inner) =>
        outer.Length == 0 ? inner
        : inner.Length == 0 ? outer
        : inner[0] == '[' ? outer + inner
        : $"{outer}.{inner}";
}
