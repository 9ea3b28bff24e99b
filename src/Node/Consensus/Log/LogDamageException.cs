namespace RaftCluster.Node.Consensus.Log;

/// <summary>What is on the disk is not what was written there, and a crash can't explain it.</summary>
/// <param name="path">The file.</param>
/// <param name="offset">Where in it, in bytes.</param>
/// <param name="index">The first index that can't be trusted; null when the damage is not to an entry.</param>
/// <param name="what">What is wrong, in a few words.</param>
internal sealed class LogDamageException(string path, long offset, long? index, string what)
    : Exception(index is { } at
        ? $"{path} is damaged at offset {offset}: {what}; the log can't be trusted from index {at} on"
        : $"{path} is damaged at offset {offset}: {what}")
{
    public string Path { get; } = path;

    public long Offset { get; } = offset;

    public long? Index { get; } = index;
}
