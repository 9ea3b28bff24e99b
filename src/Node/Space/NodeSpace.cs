namespace RaftCluster.Node.Space;

/// <summary>
/// The room of a node: looks at its disk all the time, for that costs a system call, and adds up its folder when somebody
/// asks, at most once in a while.
/// </summary>
/// <remarks>
/// The reserve is room that is left free, not a file that takes it. What a delete needs is there without one: the log has
/// its next segment taken from the disk ahead, and is cut and its segments used again once the disk is low. A file would
/// take the room from everybody at all times, and give it to whoever fills the disk the moment it is let go.
/// </remarks>
public sealed partial class NodeSpace : IAsyncDisposable
{
    /// <summary>How often the disk is looked at when nobody asks.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);

    /// <summary>How old the last look may be for who writes: what is written meanwhile at full speed is a fraction of the least reserve.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(50);

    /// <summary>How old the sizes may be that are shown.</summary>
    public static readonly TimeSpan Keep = TimeSpan.FromSeconds(2);

    private readonly IVolume _volume;
    private readonly Func<string> _rows;
    private readonly long? _stated;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _measuring = new();
    private readonly Lock _looking = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private Room _room;
    private long _lookedAt;
    private bool _unread;
    private Task<DiskUsage>? _usage;
    private long _usageAt;

    /// <summary>Begins to look.</summary>
    /// <param name="node">The node's id.</param>
    /// <param name="folder">Its data folder, as a full path.</param>
    /// <param name="rows">The name of the folder in it that holds the rows now.</param>
    /// <param name="reserve">How many bytes are to stay free; null for <see cref="Reserve.Default"/>.</param>
    /// <param name="volume">The disk it is on.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where it says that the disk is low, and that it no longer is.</param>
    public NodeSpace(string node, string folder, Func<string> rows, long? reserve, IVolume volume, TimeProvider time, ILogger logger)
    {
        (Node, Folder, _rows, _stated, _volume, _time, _logger) = (node, folder, rows, reserve, volume, time, logger);
        _room = new Room(0, 0, 0, 0, IsLow: false);
        LookAlone();
        _running = RunAsync();
    }

    /// <summary>The node's id.</summary>
    public string Node { get; }

    /// <summary>The data folder.</summary>
    public string Folder { get; }

    /// <summary>The room as it was at the last look.</summary>
    public Room Room => Volatile.Read(ref _room);

    /// <summary>How many bytes the store needs beside the reserve; null for none.</summary>
    public Func<long>? Working { get; init; }

    private TimeSpan Age => _time.GetElapsedTime(Interlocked.Read(ref _lookedAt));

    /// <summary>Told at each look.</summary>
    public Action<Room>? Looked { get; init; }

    /// <summary>The room as it was within <see cref="Fresh"/>, for who is about to write.</summary>
    public Room Look()
    {
        if (Age >= Fresh)
        {
            LookOnce(Fresh);
        }

        return Room;
    }

    /// <summary>
    /// What the data folder takes, as it was within <see cref="Keep"/>. Whoever asks first after that has it added up, and
    /// all who ask meanwhile wait for the same sum.
    /// </summary>
    public Task<DiskUsage> UsageAsync(CancellationToken patience)
    {
        lock (_measuring)
        {
            if (_usage is null || (_usage.IsCompleted && (!_usage.IsCompletedSuccessfully || _time.GetElapsedTime(_usageAt) >= Keep)))
            {
                _usageAt = _time.GetTimestamp();
                _usage = Task.Run(() => FolderSizes.Of(Folder, _rows()), CancellationToken.None);
            }

            return _usage.WaitAsync(patience);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Period, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                LookOnce(TimeSpan.Zero);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The node stops.
        }
    }

    private void LookOnce(TimeSpan whenAsOldAs)
    {
        lock (_looking)
        {
            if (Age < whenAsOldAs)
            {
                return; // Somebody looked while this one waited for its turn.
            }

            LookAlone();
        }

        Looked?.Invoke(Room);
    }

    private void LookAlone()
    {
        var wasLow = _room.IsLow;
        Interlocked.Exchange(ref _lookedAt, _time.GetTimestamp());
        try
        {
            Volatile.Write(ref _room, Judge(_volume.Read(), wasLow));
            _unread = false;
        }
        catch (IOException failed)
        {
            // The last look counts on; whoever writes meets the disk's own error.
            if (!_unread)
            {
                LogUnread(_logger, Folder, failed.Message);
            }

            _unread = true;
        }

        Tell(wasLow);
    }

    private Room Judge(VolumeRoom read, bool wasLow)
    {
        var reserve = _stated ?? Reserve.Default(read.Total);
        var working = Working?.Invoke() ?? 0;
        return new Room(read.Total, read.Free, reserve, working, Reserve.IsLow(wasLow, read.Free, reserve, working));
    }

    private void Tell(bool wasLow)
    {
        var room = _room;
        if (room.IsLow && !wasLow)
        {
            LogLow(_logger, Folder, room.Free, room.Reserve, room.Working, Reserve.Enough(room.Reserve, room.Working));
        }
        else if (wasLow && !room.IsLow)
        {
            LogEnough(_logger, Folder, room.Free);
        }
    }

    [LoggerMessage(1601, LogLevel.Warning,
        "the disk of {Folder} has {Free} bytes left, below the reserve of {Reserve} and the {Working} to work with: only what makes room is written until there are {Enough}")]
    private static partial void LogLow(ILogger logger, string folder, long free, long reserve, long working, long enough);

    [LoggerMessage(1602, LogLevel.Information, "the disk of {Folder} has {Free} bytes left, which is enough again")]
    private static partial void LogEnough(ILogger logger, string folder, long free);

    [LoggerMessage(1603, LogLevel.Warning, "the disk of {Folder} does not say how much room it has: {Reason}")]
    private static partial void LogUnread(ILogger logger, string folder, string reason);
}
