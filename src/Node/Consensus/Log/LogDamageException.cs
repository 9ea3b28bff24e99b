namespace RaftCluster.Node.Consensus.Log;

/// <summary>What is on the disk is not what was written there, and a crash can't explain it.</summary>
internal class LogDamageException : Exception
{
    /// <summary>Describes damage.</summary>
    /// <param name="path">The file.</param>
    /// <param name="offset">Where in it, in bytes.</param>
    /// <param name="index">The first index that can't be trusted; null when the damage is not to an entry.</param>
    /// <param name="what">What is wrong, in a few words.</param>
    public LogDamageException(string path, long offset, long? index, string what)
        : this(path, offset, index is { } at
            ? $"{path} is damaged at offset {offset}: {what}; the log can't be trusted from index {at} on"
            : $"{path} is damaged at offset {offset}: {what}") => Index = index;

    /// <summary>Describes something that can't be read.</summary>
    protected LogDamageException(string path, long offset, string message)
        : base(message) => (Path, Offset) = (path, offset);

    public string Path { get; }

    public long Offset { get; }

    public long? Index { get; }
}

/// <summary>A newer version of this code wrote it. It is whole, and must not be taken for damage: nothing is set aside for it.</summary>
/// <param name="path">The file.</param>
/// <param name="offset">Where in it, in bytes.</param>
/// <param name="what">What it has, in a few words.</param>
internal sealed class NewerFormatException(string path, long offset, string what) : LogDamageException(
    path, offset, $"{path} has {what}: a newer version wrote it, and this one must not touch it (docs/upgrade.md)");
