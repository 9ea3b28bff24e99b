using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Node.Consensus.Snapshots;

/// <summary>
/// Keeps the log from growing for ever. When it has grown by so much, or it has been so long, the rows are brought to
/// disk where they stand, which is this node's snapshot, and the log is cut behind them. While the disk is low, that happens
/// as soon as it gives a segment back.
/// </summary>
internal sealed partial class LogKeeper(
    IStateMachine machine, IRaftLog log, ConfigurationStore configurations, SnapshotShelf shelf, ConsensusOptions options, Action<int, string> stop,
    TimeProvider time, ILogger logger)
    : IAsyncDisposable
{
    private static readonly TimeSpan _look = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private long _index = machine.Persisted.Index;
    private long _at = time.GetTimestamp();

    /// <summary>Begins to look after the log.</summary>
    public void Start() => _running = RunAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(_look, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
            {
                if (IsDue())
                {
                    // RocksDB writes out what is in memory, which may take a while; writes go on meanwhile.
                    await Task.Run(TakeSnapshot, CancellationToken.None).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The node stops.
        }
        catch (StorageException failed)
        {
            stop(StorageFaults.ExitCodeOf(failed.Fault), failed.Message);
        }
    }

    private bool IsDue()
    {
        var news = machine.Applied.Index > _index;
        return news && (GivesRoom() || log.BytesFrom(_index + 1) >= options.SnapshotBytes || time.GetElapsedTime(_at) >= options.SnapshotInterval);
    }

    /// <summary>
    /// Whether the disk is low and cutting the log gives it room: more than the one segment that stays in any case, and not
    /// more in memory than the disk can take.
    /// </summary>
    private bool GivesRoom() =>
        options.Room?.Invoke() is { IsLow: true } room
        && log.FirstKeeping(0) > log.FirstIndex
        && room.Free > log.BytesFrom(_index + 1);

    private void TakeSnapshot()
    {
        machine.Flush();
        var persisted = machine.Persisted;
        var keeping = log.FirstKeeping(options.IsLow ? 0 : options.KeptLogBytes);
        var cut = Math.Min(persisted.Index + 1, Math.Min(keeping, (shelf.Lowest ?? long.MaxValue - 1) + 1));
        var before = log.FirstIndex;
        if (cut > before)
        {
            configurations.BeforeCut(log, cut - 1);
            log.DropBefore(cut);
        }

        (_index, _at) = (persisted.Index, time.GetTimestamp());
        options.Measures.SnapshotsTaken.Add();
        Log.Taken(logger, persisted.Index, persisted.Revision, Math.Max(cut, before), log.LastIndex);
    }

    private static partial class Log
    {
        [LoggerMessage(1231, LogLevel.Information, "took a snapshot at entry {Index}, revision {Revision}; the log keeps entries {First} to {Last}")]
        public static partial void Taken(ILogger logger, long index, long revision, long first, long last);
    }
}
