using System.Threading.RateLimiting;

namespace RaftCluster.Node.Consensus;

/// <content>Copies of the rows for backups: those that followers are sent too.</content>
public sealed partial class ConsensusNode : IRowCopies
{
    /// <inheritdoc/>
    public RateLimiter? CopyRate => _snapshotRate;

    /// <inheritdoc/>
    public async ValueTask<RowCopy> TakeCopyAsync(CancellationToken token)
    {
        var copy = await _shelf.TakeAsync(_progress.Applied.Reached, begun: null, token).ConfigureAwait(false);
        return new RowCopy(
            copy.Folder,
            copy.Manifest.Position,
            [.. copy.Manifest.Files.Select(file => (file.Name, file.Length))],
            () => _shelf.Return(copy));
    }
}
