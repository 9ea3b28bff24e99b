using RaftCluster.Node.Auditing;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Node.Backups;

/// <summary>Makes backups of this node's rows into a folder, from time to time, and removes old ones.</summary>
internal sealed partial class BackupKeeper : IAsyncDisposable
{
    /// <summary>How long after a failure it is tried again, at most.</summary>
    private static readonly TimeSpan _longestPause = TimeSpan.FromMinutes(1);

    private readonly BackupSource _source;
    private readonly BackupSchedule _schedule;
    private readonly IConsensus _consensus;
    private readonly AuditLog? _audit;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    private BackupKeeper(BackupSource source, BackupSchedule schedule, IConsensus consensus, AuditLog? audit, TimeProvider time, ILogger log)
    {
        (_source, _schedule, _consensus, _audit, _time, _log) = (source, schedule, consensus, audit, time, log);
        source.Report = new BackupReport(schedule.Folder, null, null, null);
        _running = Task.Run(() => RunAsync(_stopping.Token));
    }

    /// <summary>Starts it. Each backup is written to the audit log; null for nowhere.</summary>
    public static BackupKeeper Start(
        BackupSource source, BackupSchedule schedule, IConsensus consensus, AuditLog? audit, TimeProvider time, ILogger log) =>
        new(source, schedule, consensus, audit, time, log);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken token)
    {
        var pause = TimeSpan.Zero;
        try
        {
            while (true)
            {
                await Task.Delay(pause, _time, token).ConfigureAwait(false);
                pause = await StepAsync(token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            // The node stops; the next start goes on with what the folder holds.
        }
    }

    /// <returns>How long to wait until the next step.</returns>
    private async Task<TimeSpan> StepAsync(CancellationToken token)
    {
        try
        {
            var folder = BackupFolder.Open(_schedule.Folder, _source.Owner);
            if (Until(folder.Newest) is { Ticks: > 0 } left)
            {
                Tell(folder.Newest);
                return left;
            }

            var made = await MakeAuditedAsync(folder, token).ConfigureAwait(false);
            var gone = folder.RemoveOld(_schedule.Keep);
            LogMade(_log, made.Header.Kind, made.Path, made.Header.Revision, made.Bytes, gone);
            Tell(made);
            return Until(made);
        }
        catch (StorageException failed) when (failed.Fault != StorageFault.DiskFull)
        {
            _consensus.Fail(failed);
            throw;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException or StorageException)
        {
            var pause = _schedule.Every < _longestPause ? _schedule.Every : _longestPause;
            LogFailed(_log, _schedule.Folder, Duration.Format(pause), OneLine.Of(failed));
            _source.Report = _source.Report! with { Error = OneLine.Of(failed), Next = _time.GetUtcNow() + pause };
            return pause;
        }
    }

    /// <summary>What can't be written to the audit log is not done: it is tried again like what fails otherwise.</summary>
    private async Task<BackupFolderFile> MakeAuditedAsync(BackupFolder folder, CancellationToken token)
    {
        if (_audit is null)
        {
            return await MakeAsync(folder, token).ConfigureAwait(false);
        }

        var entry = await _audit.BeginAsync(AuditAction.OfNode("backup.scheduled", json => json.WriteString("folder", _schedule.Folder)))
            .ConfigureAwait(false);
        BackupFolderFile made;
        try
        {
            made = await MakeAsync(folder, token).ConfigureAwait(false);
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            await _audit.EndAsync(entry, AuditLog.NotApplied, json => json.WriteString("error", OneLine.Of(failed))).ConfigureAwait(false);
            throw;
        }

        await _audit.EndAsync(entry, AuditLog.Applied, json =>
        {
            json.WriteString("file", made.Path);
            json.WriteNumber("revision", made.Header.Revision);
        }).ConfigureAwait(false);
        return made;
    }

    private async Task<BackupFolderFile> MakeAsync(BackupFolder folder, CancellationToken token)
    {
        if (_consensus.Standing.IsRebuilding)
        {
            throw new IOException("this node is being rebuilt from the others: it has no whole copy yet");
        }

        await _source.EnterAsync(token).ConfigureAwait(false);
        try
        {
            using var backup = folder.Chain is { Count: > 0 } chain && chain.Count <= _schedule.Increments
                ? _source.PrepareIncrement(chain[^1].Header.Revision, out _) ?? await _source.PrepareFullAsync(token).ConfigureAwait(false)
                : await _source.PrepareFullAsync(token).ConfigureAwait(false);
            return await folder.SaveAsync(backup, token).ConfigureAwait(false);
        }
        finally
        {
            _source.Leave();
        }
    }

    /// <summary>How long the next backup can wait.</summary>
    private TimeSpan Until(BackupFolderFile? newest)
    {
        if (newest is null)
        {
            return TimeSpan.Zero;
        }

        // A clock that was set back must not put it off.
        var age = _time.GetUtcNow() - newest.Header.CreatedAt;
        return age < TimeSpan.Zero || age >= _schedule.Every ? TimeSpan.Zero : _schedule.Every - age;
    }

    private void Tell(BackupFolderFile? newest) => _source.Report = new BackupReport(
        _schedule.Folder, newest, newest is null ? null : newest.Header.CreatedAt + _schedule.Every, Error: null);

    [LoggerMessage(1701, LogLevel.Information, "made a {Kind} backup, {File}: up to revision {Revision}, {Bytes} bytes; {Gone} old ones were removed")]
    private static partial void LogMade(ILogger log, string kind, string file, long revision, long bytes, int gone);

    [LoggerMessage(1702, LogLevel.Error, "the backup into {Folder} FAILED, and is tried again in {Pause}: {Reason}")]
    private static partial void LogFailed(ILogger log, string folder, string pause, string reason);
}

/// <summary>When backups are made, and how many are kept.</summary>
/// <param name="Folder">Where they go.</param>
/// <param name="Every">How long from one to the next.</param>
/// <param name="Keep">How many full ones are kept, with the increments on them.</param>
/// <param name="Increments">How many increments follow on each full one.</param>
internal sealed record BackupSchedule(string Folder, TimeSpan Every, int Keep, int Increments);

/// <summary>How the backups of a node are.</summary>
/// <param name="Folder">Where they go.</param>
/// <param name="Newest">The newest one; null for none yet.</param>
/// <param name="Next">When the next one is due; null when that is not known yet.</param>
/// <param name="Error">Why the last try failed; null when it did not.</param>
internal sealed record BackupReport(string Folder, BackupFolderFile? Newest, DateTimeOffset? Next, string? Error);
