using RaftCluster.Chaos.History;

namespace RaftCluster.Tests.Chaos;

/// <summary>Histories in a few words.</summary>
internal static class Writes
{
    /// <summary>A write that was acknowledged.</summary>
    public static WriteOperation Done(string key, string value, long revision, long version = 1, long begun = 0, long ended = 1) =>
        Of(key, value, new WriteOutcome.Acknowledged(revision, version), begun, ended);

    /// <summary>A write that was refused.</summary>
    public static WriteOperation Refused(string key, string value) => Of(key, value, new WriteOutcome.Refused("no leader"));

    /// <summary>A write of which nobody knows.</summary>
    public static WriteOperation Unknown(string key, string value) => Of(key, value, new WriteOutcome.Unknown("broken"));

    /// <summary>All rows at a revision.</summary>
    public static Picture Rows(long revision, params (string Key, string Value, long Revision, long Version)[] rows) =>
        new(revision, rows.ToDictionary(row => row.Key, row => new Row(row.Value, row.Revision, row.Version)));

    private static WriteOperation Of(string key, string value, WriteOutcome outcome, long begun = 0, long ended = 1) =>
        new(key, value, IsOnly: !key.StartsWith("shared", StringComparison.Ordinal), "n1", begun, ended, outcome);
}
