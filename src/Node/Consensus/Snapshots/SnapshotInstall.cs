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
        // Reads all of it: not on a thread that others wait for.
        if (await Task.Run(() => Flaw(incoming)).ConfigureAwait(false) is { } flaw)
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
            var before = folders.Current;
            folders.SwitchToReceived();
            var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            machine.SwitchTo(folders.Current, left.SetResult);
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

            var removal = RemoveAsync(before, left.Task);
            if (left.Task.IsCompleted)
            {
                await removal.ConfigureAwait(false);
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

    private async Task RemoveAsync(string folder, Task left)
    {
        try
        {
            await folders.RemoveWhenLeftAsync(folder, left).ConfigureAwait(false);
        }
        catch (DiskException kept)
        {
            // It costs room until the next start, and nothing else.
            Log.OldRowsLeft(logger, folder, kept.Message);
        }
    }

    /// <summary>
    /// What RocksDB says of the copy, all of it, before it counts for anything: a block that had rotted on the sender's disk, or
    /// rotted on this one, would otherwise be found long after the intact rows are gone.
    /// </summary>
    private static string? Flaw(IncomingSnapshot incoming)
    {
        try
        {
            var found = RowStore.Verify(incoming.Folder);
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

        [LoggerMessage(1222, LogLevel.Warning, "the rows before the snapshot in {Folder} stay until the next start: {Why}")]
        public static partial void OldRowsLeft(ILogger logger, string folder, string why);
    }
}
