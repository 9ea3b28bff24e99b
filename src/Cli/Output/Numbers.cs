using System.Globalization;
using Spectre.Console;

namespace RaftCluster.Cli;

/// <summary>Numbers in tables.</summary>
internal static class Numbers
{
    /// <summary>Adds columns that are aligned as numbers are.</summary>
    internal static Table AddNumbers(this Table table, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            _ = table.AddColumn(new TableColumn(name).RightAligned());
        }

        return table;
    }

    /// <summary>A number as a table shows it: a dash when it is not known.</summary>
    internal static string Show(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "-";
}
