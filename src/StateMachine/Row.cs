namespace RaftCluster.StateMachine;

/// <summary>One version of a row.</summary>
/// <param name="Key">The key, without its table.</param>
/// <param name="Value">The value.</param>
/// <param name="ContentType">The value's media type; null when none was given.</param>
/// <param name="Revision">The revision that wrote this version.</param>
/// <param name="Created">The revision that made the row.</param>
/// <param name="Version">How often the row was written since it was made: 1 for a new row.</param>
/// <param name="Lease">The lease whose end removes the row; 0 for none.</param>
public sealed record Row(
    ReadOnlyMemory<byte> Key,
    ReadOnlyMemory<byte> Value,
    string? ContentType,
    long Revision,
    long Created,
    long Version,
    long Lease = 0);
