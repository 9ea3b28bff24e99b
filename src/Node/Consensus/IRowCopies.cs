using System.Collections.Immutable;
using System.Threading.RateLimiting;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Consensus;

/// <summary>Copies of this node's rows, for backups.</summary>
public interface IRowCopies
{
    /// <summary>Takes a copy of what is applied now, or later.</summary>
    /// <param name="token">Ends the wait for copies that others are having made.</param>
    /// <returns>The copy; whoever took it disposes it.</returns>
    /// <exception cref="StateMachine.Storage.StorageException">It can't be made.</exception>
    ValueTask<RowCopy> TakeCopyAsync(CancellationToken token);

    /// <summary>How fast copies may leave this node, for all who send them; null for no bound.</summary>
    RateLimiter? CopyRate { get; }
}

/// <summary>A copy of the rows in a folder, until it is disposed.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Position">The position at which it stands.</param>
/// <param name="Files">Its files and their lengths, in bytes.</param>
/// <param name="Release">Lets it go.</param>
public sealed record RowCopy(
    string Folder,
    AppliedPosition Position,
    ImmutableArray<(string Name, long Length)> Files,
    Action Release) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Release();
}
