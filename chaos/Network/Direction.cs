namespace RaftCluster.Chaos.Network;

/// <summary>What happens to what one node sends to another.</summary>
/// <param name="Cut">It doesn't arrive until the way is mended; where the kernel's own TCP is met, it is lost, and sent again.</param>
/// <param name="Delay">It arrives later by this, in milliseconds.</param>
/// <param name="Jitter">And by up to this, at random.</param>
/// <param name="Loss">So many of a thousand segments are lost, and sent again after the usual 200 ms and more.</param>
/// <param name="BytesASecond">It arrives no faster; 0 for no limit.</param>
/// <param name="Reset">It is answered with a reset, where the kernel's own TCP is met.</param>
internal readonly record struct Weather(bool Cut = false, int Delay = 0, int Jitter = 0, int Loss = 0, int BytesASecond = 0, bool Reset = false)
{
    /// <summary>Whether it holds back what is to arrive, which only a proxy can do.</summary>
    public bool HoldsBack => Delay > 0 || Jitter > 0 || BytesASecond > 0;
    /// <summary>Both at once.</summary>
    public static Weather operator +(Weather one, Weather other) => new(
        one.Cut || other.Cut,
        one.Delay + other.Delay,
        one.Jitter + other.Jitter,
        one.Loss + other.Loss,
        one.BytesASecond == 0 || other.BytesASecond == 0
            ? Math.Max(one.BytesASecond, other.BytesASecond)
            : Math.Min(one.BytesASecond, other.BytesASecond),
        one.Reset || other.Reset);
}

/// <summary>The way from one node to another: over all connections, whoever opened them.</summary>
internal sealed class Direction
{
    private const int LeastResend = 200;
    private const int MostResend = 600;

    private readonly Lock _lock = new();
    private readonly List<Weather> _weathers = [];
    private TaskCompletionSource? _mended;
    private Weather _now;
    private long _affected;

    /// <summary>How often something was held, delayed or slowed so far.</summary>
    public long Affected => Interlocked.Read(ref _affected);

    /// <summary>Adds some weather.</summary>
    public void Add(Weather weather) => Change(() => _weathers.Add(weather));

    /// <summary>Takes it away again.</summary>
    public void Remove(Weather weather) => Change(() => _weathers.Remove(weather));

    /// <summary>Waits until the way is open.</summary>
    public async Task OpenAsync(CancellationToken end)
    {
        Task? mended;
        lock (_lock)
        {
            mended = _mended?.Task;
        }

        if (mended is not null)
        {
            Interlocked.Increment(ref _affected);
            await mended.WaitAsync(end);
        }
    }

    /// <summary>How long some bytes are on their way, in milliseconds.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="chance">Decides what is left to chance.</param>
    public int Travel(int bytes, Random chance)
    {
        Weather now;
        lock (_lock)
        {
            now = _now;
        }

        var travel = now.Delay
            + (now.Jitter > 0 ? chance.Next(now.Jitter) : 0)
            + (now.Loss > 0 && chance.Next(1_000) < now.Loss ? chance.Next(LeastResend, MostResend) : 0)
            + (now.BytesASecond > 0 ? (int)(1_000L * bytes / now.BytesASecond) : 0);
        if (travel > 0)
        {
            Interlocked.Increment(ref _affected);
        }

        return travel;
    }

    private void Change(Action change)
    {
        TaskCompletionSource? mended = null;
        lock (_lock)
        {
            change();
            _now = _weathers.Aggregate(default(Weather), (sum, weather) => sum + weather);
            if (_now.Cut)
            {
                _mended ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
            else
            {
                (mended, _mended) = (_mended, null);
            }
        }

        mended?.SetResult();
    }
}
