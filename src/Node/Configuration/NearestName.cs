namespace RaftCluster.Node.Configuration;

/// <summary>Finds what somebody meant who wrote something else.</summary>
internal static class NearestName
{
    /// <summary>The known name with the fewest edits to <paramref name="written"/>; null when none comes near.</summary>
    public static string? Of(string written, IEnumerable<string> known)
    {
        string? nearest = null;
        var fewest = Math.Max(2, written.Length / 2) + 1;
        foreach (var name in known)
        {
            var edits = Edits(written, name);
            if (edits < fewest)
            {
                (nearest, fewest) = (name, edits);
            }
        }

        return nearest;
    }

    /// <summary>A sentence's tail: <c>; did you mean 'x'?</c>, or nothing.</summary>
    public static string Hint(string written, IEnumerable<string> known) =>
        Of(written, known) is { } name ? $"; did you mean {name}?" : "";

    /// <summary>The Levenshtein distance, letter case aside.</summary>
    private static int Edits(string from, string to)
    {
        var row = new int[to.Length + 1];
        for (var column = 0; column <= to.Length; column++)
        {
            row[column] = column;
        }

        foreach (var letter in from)
        {
            var diagonal = row[0]++;
            for (var column = 1; column <= to.Length; column++)
            {
                var same = char.ToLowerInvariant(letter) == char.ToLowerInvariant(to[column - 1]);
                var edits = Math.Min(Math.Min(row[column], row[column - 1]) + 1, diagonal + (same ? 0 : 1));
                diagonal = row[column];
                row[column] = edits;
            }
        }

        return row[to.Length];
    }
}
