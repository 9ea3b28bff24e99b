using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Log.Disk;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Consensus.Raft;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Node.Consensus.Snapshots;

/// <summary>
/// Puts a received snapshot in the rows' place while the node runs. One replaced file decides which rows are the node's;
/// a crash before it leaves the old ones, and after it the next start finishes what is missing.
/// </summary>
internal sealed partial class SnapshotInstall(
    StoreFolders folders, IStateMachine machine, IRaftLog log, CommitProgress progress, ProgressGate revisions, ApplyLoop applying,
    ConfigurationStore configurations, RaftNode raft, Action<int, string> stop, ILogger logger)
{
    /// <summary>Whether this node has come as far without a snapshot, or has what leads there in its log.</summary>
    public bool Has(LogPlace place) => machine.Applied.Index >= place.Index || log.TermAt(place.Index) == place.Term;

    /// <summary>Installs it.</summary>
    /// <returns>Why it can't be; null when this node is as far as it, or further.</returns>
    public async Task<string?> RunAsync(IncomingSnapshot incoming)
    {
        var position = incoming.Manifest.Position;
        if (Flaw(incoming) is { } flaw)
        {
            return flaw;
        }

        using var pause = await applying.PauseAsync().ConfigureAwait(false);
        try
        {
            if (Has(new LogPlace(position.Index, position.Term)))
            {
                folders.Forget();
                return null;
            }

            // First: it is committed, so a node that has it and not yet the rows goes by it all the more safely.
            configurations.Trust(incoming.Manifest.Configuration);
            folders.SwitchToReceived();
            machine.SwitchTo(folders.Current);
            using (await raft.HoldAppendsAsync().ConfigureAwait(false))
            {
                if (folders.Pointer.IsLogBehind(log))
                {
                    await log.BeginAnewAsync(position.Index, position.Term).ConfigureAwait(false);
                }

                progress.Install(position.Index);
                revisions.Advance(position.Revision);
            }

            await raft.Adopt().ConfigureAwait(false);

            if (!OperatingSystem.IsWindows())
            {
                // Readers may still have the old rows open, which Windows would not let go: the next start removes them.
                folders.CleanRows();
            }

            Log.Installed(logger, position.Index, position.Revision);
            return null;
        }
        catch (Exception failed) when (failed is StorageException or DiskException)
        {
            // The pointer may name the new rows already: only a start from what is on the disk is certain.
            var code = failed is StorageException store ? StorageFaults.ExitCodeOf(store.Fault) : Fault.CodeOf(failed);
            stop(code, $"installing a snapshot: {failed.Message}");
            throw;
        }
    }

    /// <summary>What RocksDB says of the copy, before it counts for anything.</summary>
    private static string? Flaw(IncomingSnapshot incoming)
    {
        try
        {
            var found = RowStore.PositionOf(incoming.Folder);
            return found == incoming.Manifest.Position
                ? null
                : $"its rows stand at entry {found.Index} with state hash {found.StateHash:x32}, and it was announced at entry "
                    + $"{incoming.Manifest.Position.Index} with {incoming.Manifest.Position.StateHash:x32}";
        }
        catch (StorageException unfit) when (unfit.Fault is StorageFault.Corrupt or StorageFault.NewerFormat)
        {
            return unfit.Message;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1221, LogLevel.Information, "stands at entry {Index}, revision {Revision}, by a snapshot")]
        public static partial void Installed(ILogger logger, long index, long revision);
    }
}
