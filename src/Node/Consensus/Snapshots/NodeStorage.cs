using System.Collections.Immutable;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Log.Disk;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Node.Consensus.Snapshots;

/// <summary>
/// All that a node keeps on its disk, opened together: the rows, the log, the term and the vote. A start finishes an
/// installation that a crash cut off. Rows or a log that are damaged are set aside, and the node begins anew, to be
/// rebuilt from the others, when there are others; a damaged vote ends it, for no other node knows it.
/// </summary>
public sealed class NodeStorage : IAsyncDisposable
{
    private readonly VoteStore _votes;
    private readonly SegmentedLog _log;

    private NodeStorage(StoreFolders folders, ConfigurationStore configurations, RowStore rows, VoteStore votes, SegmentedLog log) =>
        (Folders, Configurations, Rows, _votes, _log) = (folders, configurations, rows, votes, log);

    /// <summary>The rows.</summary>
    public RowStore Rows { get; }

    /// <summary>Why the node is being rebuilt from the others; null when it is not.</summary>
    public string? RebuildReason => Folders.Pointer.Phase == RebuildPhase.None ? null : Folders.Pointer.Reason;

    /// <summary>The name of the folder, in the data folder, that holds the rows now.</summary>
    public string RowsFolder => Folders.Pointer.Folder;

    internal StoreFolders Folders { get; }

    internal ConfigurationStore Configurations { get; }

    internal IRaftLog Log => _log;

    internal IVoteStore Votes => _votes;

    /// <summary>Opens a data folder, or begins a new one.</summary>
    /// <param name="data">The folder; the caller has it locked.</param>
    /// <param name="initial">The members in which the cluster began, for a node that knows no later ones: those it may be rebuilt from.</param>
    /// <param name="rebuild">Whether to set aside what is there, as if it were damaged.</param>
    /// <param name="segmentBytes">How large the log's files are: it is cut by whole ones.</param>
    /// <param name="stop">Ends the process with an <see cref="ExitCode"/> and a line; <see cref="FailStop.Now"/> when null.</param>
    /// <param name="warn">Told what was found damaged, and where it was set aside.</param>
    /// <param name="synced">Told how long each sync of the log took, and how many bytes were written since the one before.</param>
    /// <exception cref="StorageException">The rows can't be opened, for another reason than damage.</exception>
    /// <exception cref="LogFailedException"><paramref name="stop"/> returned.</exception>
    public static async Task<NodeStorage> OpenAsync(
        string data,
        ImmutableArray<Member> initial,
        bool rebuild = false,
        int segmentBytes = 64 << 20,
        Action<int, string>? stop = null,
        Action<string>? warn = null,
        Action<TimeSpan, long>? synced = null)
    {
        stop ??= FailStop.Now;
        var options = new SegmentedLogOptions { SegmentBytes = segmentBytes, Synced = synced };
        try
        {
            var folders = StoreFolders.Open(LocalDisk.Instance, data);
            var configurations = ConfigurationStore.Open(LocalDisk.Instance, data, stop);
            configurations.Begin(ConfigurationAt.Initial(initial));
            var hasOthers = configurations.Last!.Configuration.Members.Length > 1;
            if (rebuild && hasOthers)
            {
                folders.BeginRebuild("an operator asked for it");
            }

            for (var mayRebuild = hasOthers; ; mayRebuild = false)
            {
                var log = Path.Combine(data, LogFolder.Name);
                if (folders.Pointer.Phase == RebuildPhase.Clearing)
                {
                    LocalDisk.Instance.CreateFolder(log);
                    var aside = folders.SetAside(log);
                    warn?.Invoke($"begins anew, to be rebuilt from the other nodes: {folders.Pointer.Reason}; what its log was is in {aside}");
                }

                try
                {
                    return await OpenAsync(folders, configurations, log, options, stop, mayRebuild).ConfigureAwait(false);
                }
                catch (DamageException damage)
                {
                    folders.BeginRebuild(damage.Message);
                }
            }
        }
        catch (Exception failed) when (failed is DiskException or LogDamageException)
        {
            throw Fault.Stop(stop, failed);
        }
    }

    /// <summary>Notes who the members are in the data folder of a node that joins them.</summary>
    /// <param name="data">The folder.</param>
    /// <param name="committed">The configuration it was given.</param>
    /// <param name="stop">Ends the process when the disk fails; <see cref="FailStop.Now"/> when null.</param>
    public static void Join(string data, ConfigurationAt committed, Action<int, string>? stop = null)
    {
        stop ??= FailStop.Now;
        try
        {
            LocalDisk.Instance.CreateFolder(data);
            ConfigurationStore.Open(LocalDisk.Instance, data, stop).Trust(committed);
        }
        catch (Exception failed) when (failed is DiskException or LogDamageException)
        {
            throw Fault.Stop(stop, failed);
        }
    }

    /// <summary>The configuration that counted at the last entry this node has applied: certainly a committed one.</summary>
    public ConfigurationAt Committed => Configurations.NewestUpTo(_log, Rows.Applied.Index);

    /// <summary>The newest configuration in this node's log.</summary>
    public ConfigurationAt Newest => Configurations.Newest(_log);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _log.DisposeAsync().ConfigureAwait(false);
        _votes.Dispose();
        try
        {
            Rows.Dispose();
        }
        catch (StorageException damaged) when (damaged.Fault == StorageFault.Corrupt)
        {
            NoteDamage(damaged.Message);
            throw;
        }
    }

    /// <summary>The rows turned out damaged, and the process ends: where there are others, the next start rebuilds this node from them.</summary>
    /// <param name="reason">What is damaged, and where.</param>
    /// <returns>What there is to say of that.</returns>
    public string NoteDamage(string reason)
    {
        if (Configurations.Last!.Configuration.Members.Length == 1)
        {
            return reason;
        }

        try
        {
            Folders.NoteDamage(reason);
            return $"{reason}; the next start rebuilds this node from the others";
        }
        catch (DiskException failed)
        {
            return $"{reason}; and that could not be noted, so start it with --rebuild: {failed.Message}";
        }
    }

    private static async Task<NodeStorage> OpenAsync(
        StoreFolders folders,
        ConfigurationStore configurations,
        string folder,
        SegmentedLogOptions options,
        Action<int, string> stop,
        bool mayRebuild)
    {
        var votes = VoteStore.Open(folder, stop);
        RowStore? rows = null;
        SegmentedLog? log = null;
        try
        {
            rows = OpenRows(folders.Current, mayRebuild);
            log = OpenLog(folder, options, stop, mayRebuild, isNew: folders.Pointer.Phase != RebuildPhase.None);
            await MatchAsync(folders, rows, log, stop, mayRebuild).ConfigureAwait(false);
            return new NodeStorage(folders, configurations, rows, votes, log);
        }
        catch
        {
            votes.Dispose();
            rows?.Dispose();
            if (log is not null)
            {
                await log.DisposeAsync().ConfigureAwait(false);
            }

            throw;
        }
    }

    private static RowStore OpenRows(string folder, bool mayRebuild)
    {
        try
        {
            return RowStore.Open(folder);
        }
        catch (StorageException damaged) when (mayRebuild && damaged.Fault == StorageFault.Corrupt)
        {
            throw new DamageException(damaged.Message);
        }
    }

    private static SegmentedLog OpenLog(
        string folder, SegmentedLogOptions options, Action<int, string> stop, bool mayRebuild, bool isNew)
    {
        var opened = false;
        string? damage = null;
        try
        {
            var log = SegmentedLog.Open(
                folder,
                options,
                (code, message) =>
                {
                    if (mayRebuild && !Volatile.Read(ref opened) && code == ExitCode.Corrupt)
                    {
                        damage = message;
                    }
                    else
                    {
                        stop(code, message);
                    }
                },
                mayBeGone: isNew);
            Volatile.Write(ref opened, true);
            return log;
        }
        catch (LogFailedException) when (damage is not null)
        {
            throw new DamageException(damage);
        }
    }

    /// <summary>Sees that rows and log belong together, and finishes what a crash left of an installation.</summary>
    private static async Task MatchAsync(StoreFolders folders, RowStore rows, SegmentedLog log, Action<int, string> stop, bool mayRebuild)
    {
        if (folders.Pointer.IsLogBehind(log))
        {
            await log.BeginAnewAsync(folders.Pointer.Index, folders.Pointer.Term).ConfigureAwait(false);
        }

        var applied = rows.Applied;
        var wrong =
            applied.Index > log.LastIndex || (applied.Index >= log.FirstIndex && log.TermAt(applied.Index) != applied.Term)
                ? $"the rows stand at entry {applied.Index} of term {applied.Term}, and the log, which ends at entry {log.LastIndex}, "
                    + "does not have it: one of the two is not this node's, or lost its end"
            : applied.Index < log.FirstIndex - 1
                ? $"the rows stand at entry {applied.Index}, and the log begins only after entry {log.FirstIndex - 1}: the rows lost their end"
            : null;
        if (wrong is null)
        {
            return;
        }

        wrong = $"{folders.Current}: {wrong}";
        if (mayRebuild)
        {
            throw new DamageException(wrong);
        }

        stop(ExitCode.Corrupt, wrong);
        throw new LogFailedException(ExitCode.Corrupt, wrong);
    }

    /// <summary>What is on the disk can't be trusted, but the others have it.</summary>
    private sealed class DamageException(string message) : Exception(message);
}
