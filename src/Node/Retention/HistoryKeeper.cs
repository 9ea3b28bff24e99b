using RaftCluster.Node.Consensus;
using RaftCluster.Node.Space;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Node.Retention;

/// <summary>
/// Keeps the history of rows from growing for ever. The leader says from time to time from where on it stays, in the
/// log, so that every node answers alike; each node then removes what is below by itself, a little at a time beside
/// everything else.
/// </summary>
public sealed partial class HistoryKeeper : IAsyncDisposable
{
    /// <summary>How often the leader looks whether history has grown too old.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromSeconds(10);

    /// <summary>How long after room was given back to a disk that is low it is tried again, when more was removed.</summary>
    public static readonly TimeSpan AgainWhenLow = TimeSpan.FromSeconds(2);

    /// <summary>How long after that it is tried again on one that is not.</summary>
    public static readonly TimeSpan Again = TimeSpan.FromMinutes(1);

    /// <summary>How often something is removed, when there is something.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    /// <summary>On a disk that is low, so many times the rate: room matters more than the time of writes, most of which are refused.</summary>
    private const int HurryWhenLow = 10;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    private readonly RetentionPolicy _policy;
    private readonly long _most;
    private readonly IConsensus _consensus;
    private readonly IStateMachine _store;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Action<StorageException> _fail;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private readonly Func<Room>? _room;
    private long _swept = -1;
    private (long Revision, long Floor) _given;
    private long _givenAt;
    private bool _toldTooLittle;

    /// <summary>Begins.</summary>
    /// <param name="policy">How much history is kept.</param>
    /// <param name="rate">The most versions and changes removed in a second.</param>
    /// <param name="consensus">The port to agreement.</param>
    /// <param name="store">The rows.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where it says what it did.</param>
    /// <param name="room">The room on the disk; null when that is not watched.</param>
    /// <param name="fail">Ends the process when the rows can't be read; <see cref="IConsensus.Fail"/> when null.</param>
    public HistoryKeeper(
        RetentionPolicy policy,
        int rate,
        IConsensus consensus,
        IStateMachine store,
        TimeProvider time,
        ILogger logger,
        Action<StorageException>? fail = null,
        Func<Room>? room = null)
    {
        (_policy, _consensus, _store, _time, _logger) = (policy, consensus, store, time, logger);
        _fail = fail ?? consensus.Fail;
        _room = room;
        _givenAt = time.GetTimestamp();
        _most = Math.Max(1, (long)(rate * Step.TotalSeconds));
        _running = Task.WhenAll(EveryAsync(Look, BoundAsync), EveryAsync(Step, SweepAsync));
    }

    /// <summary>Up to which floor everything was removed; -1 before the first time.</summary>
    internal long Swept => Volatile.Read(ref _swept);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task EveryAsync(TimeSpan interval, Func<ValueTask> act)
    {
        using var timer = new PeriodicTimer(interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                await act();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The node stops.
        }
        catch (StorageException failed)
        {
            _fail(failed);
        }
    }

    private async ValueTask BoundAsync()
    {
        if (_consensus.Standing.Role != Role.Leader || FloorToKeep() is not { } floor)
        {
            return;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        using var limit = _time.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), patience, _patience, Timeout.InfiniteTimeSpan);
        // Refused or unknown: whoever leads then looks again.
        if (await _consensus.ProposeAsync(EntryCodec.EncodeTransaction(Compaction.Of(floor)), Durability.Quorum, patience.Token) is Proposal.Done)
        {
            LogBound(_logger, floor);
        }
    }

    private long? FloorToKeep()
    {
        using var picture = _store.Read();
        var floor = Compaction.FloorOf(picture, _policy, _time.GetUtcNow());
        return floor > picture.OldestRevision ? floor : null;
    }

    private async ValueTask SweepAsync()
    {
        long floor, revision;
        using (var picture = _store.Read())
        {
            (floor, revision) = (picture.OldestRevision, picture.Position.Revision);
        }

        if (floor == _swept)
        {
            await GiveBackAsync(revision, floor);
            return;
        }

        // Reads the disk, which may take a while.
        var most = _room?.Invoke().IsLow ?? false ? _most * HurryWhenLow : _most;
        var removed = await Task.Run(() => _store.SweepHistory(most, _stopping.Token));
        if (removed < most && !_stopping.IsCancellationRequested)
        {
            Volatile.Write(ref _swept, floor);
            LogSwept(_logger, floor);
        }
    }

    /// <summary>Gives room back to the disk once everything is removed that can be.</summary>
    private async ValueTask GiveBackAsync(long revision, long floor)
    {
        if (_room is not { } room || _given == (revision, floor) || _time.GetElapsedTime(_givenAt) < AgainWhenLow)
        {
            return; // However much room there is: the disk need not be looked at.
        }

        var isLow = room().IsLow;
        if (_time.GetElapsedTime(_givenAt) < (isLow ? AgainWhenLow : Again)
            || (isLow ? _given == (revision, floor) : _given.Floor == floor))
        {
            return;
        }

        var before = room().Free;
        var whole = await Task.Run(() => _store.GiveBack(() => room().Free, all: isLow, _stopping.Token));
        _givenAt = _time.GetTimestamp();
        _given = whole ? (revision, floor) : default;
        if (isLow)
        {
            LogGivenBack(_logger, before, room().Free);
        }

        if (!whole && !_toldTooLittle)
        {
            LogTooLittle(_logger, room().Free);
        }

        _toldTooLittle = !whole;
    }

    [LoggerMessage(1403, LogLevel.Information, "rewrote what was removed, since the disk is low: {Before} bytes were left, {After} are now")]
    private static partial void LogGivenBack(ILogger logger, long before, long after);

    [LoggerMessage(1404, LogLevel.Warning, "{Free} bytes are too few to rewrite all that was removed: the disk must be given more room")]
    private static partial void LogTooLittle(ILogger logger, long free);

    [LoggerMessage(1401, LogLevel.Information, "history is kept from revision {Floor} on")]
    private static partial void LogBound(ILogger logger, long floor);

    [LoggerMessage(1402, LogLevel.Debug, "removed what is older than revision {Floor}")]
    private static partial void LogSwept(ILogger logger, long floor);
}
