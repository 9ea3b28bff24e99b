namespace RaftCluster.Chaos.History;

/// <summary>A row as a node showed it.</summary>
/// <param name="Value">Its value.</param>
/// <param name="Revision">The revision of its last change.</param>
/// <param name="Version">How many changes it has seen.</param>
internal sealed record Row(string Value, long Revision, long Version);

/// <summary>All rows at one revision.</summary>
/// <param name="Revision">The revision.</param>
/// <param name="Items">The rows, by key.</param>
internal sealed record Picture(long Revision, IReadOnlyDictionary<string, Row> Items);
