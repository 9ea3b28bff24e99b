using System.Text;

namespace RaftCluster.Node.Tables;

/// <summary>One column of a table.</summary>
/// <param name="Name">Its name: 1 to 128 bytes of UTF-8 without control characters and colons.</param>
/// <param name="Type">What its values are.</param>
/// <param name="Nullable">Whether a row may have no value in it.</param>
/// <param name="Default">What a new row gets that states nothing; null for nothing.</param>
/// <param name="Earlier">
/// The value, as JSON, that rows show which are older than the column; null for none. Fixed when the column is added,
/// so that another default does not change what old rows say.
/// </param>
internal sealed record Column(string Name, ColumnType Type, bool Nullable, ColumnDefault? Default, byte[]? Earlier)
{
    private const int LongestName = 128;

    /// <summary>The name as it stands in a row.</summary>
    public byte[] Utf8Name { get; } = Encoding.UTF8.GetBytes(Name);

    /// <summary>What is wrong with a name; null when nothing is. A colon would end it in a filter.</summary>
    public static string? CheckName(string name) =>
        name.Length == 0 ? "is empty"
        : Encoding.UTF8.GetByteCount(name) > LongestName ? $"has more than {LongestName} bytes"
        : name.Contains(':', StringComparison.Ordinal) || name.Any(char.IsControl) ? "has a colon or a control character"
        : null;
}

/// <summary>What a column's value is in a new row that states none.</summary>
internal abstract record ColumnDefault
{
    private ColumnDefault()
    {
    }

    /// <summary>The leader's time: <c>2026-11-22T21:45:00.123456Z</c>.</summary>
    public sealed record Now : ColumnDefault;

    /// <summary>A UUID (version 7) that the leader makes.</summary>
    public sealed record Uuid : ColumnDefault;

    /// <summary>Always the same.</summary>
    /// <param name="Json">The value, as JSON without spaces.</param>
    public sealed record Constant(byte[] Json) : ColumnDefault;
}
