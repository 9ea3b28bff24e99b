using System.Globalization;

namespace RaftCluster.Client;

/// <summary>What must hold of a row for a write to happen. A row's ETag is the revision of its last change.</summary>
public readonly record struct Precondition
{
    private Precondition(string header, string value) => (Header, Value) = (header, value);

    /// <summary>Nothing needs to hold.</summary>
    public static Precondition None => default;

    /// <summary>The row must be there: <c>If-Match: *</c>.</summary>
    public static Precondition Exists => new("If-Match", "*");

    /// <summary>The row must not be there: <c>If-None-Match: *</c>.</summary>
    public static Precondition Absent => new("If-None-Match", "*");

    internal string? Header { get; }

    internal string? Value { get; }

    /// <summary>The row's last change must be this one: <c>If-Match: "N"</c>.</summary>
    /// <param name="revision">The revision, 1 or more.</param>
    public static Precondition AtRevision(long revision) => new("If-Match", Tag(revision));

    /// <summary>The row's last change must be another one, or the row absent: <c>If-None-Match: "N"</c>.</summary>
    /// <param name="revision">The revision, 1 or more.</param>
    public static Precondition NotAtRevision(long revision) => new("If-None-Match", Tag(revision));

    /// <inheritdoc/>
    public override string ToString() => Header is null ? "none" : $"{Header}: {Value}";

    private static string Tag(long revision)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(revision);
        return string.Create(CultureInfo.InvariantCulture, $"\"{revision}\"");
    }
}
