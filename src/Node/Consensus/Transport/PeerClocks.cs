using System.Collections.Concurrent;

namespace RaftCluster.Node.Consensus.Transport;

/// <summary>
/// Compares this machine's wall clock with the other nodes', once a connection. The history's times come from leaders'
/// clocks: a node whose clock is far from most others' must not become one.
/// </summary>
internal sealed partial class PeerClocks(Func<int> members, TimeSpan limit, TimeProvider time, Action<string> stop, ILogger logger)
{
    private readonly ConcurrentDictionary<string, long> _skews = new(StringComparer.Ordinal);

    /// <summary>This machine's wall clock, in milliseconds since 1970.</summary>
    public long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Takes note of another node's clock.</summary>
    /// <param name="peer">Its id.</param>
    /// <param name="clock">Its clock, in milliseconds since 1970, some time between the question and its answer.</param>
    /// <param name="askedAt">This node's clock at the question.</param>
    public void Observe(string peer, long clock, long askedAt)
    {
        var now = Now;
        var skew = clock < askedAt ? clock - askedAt : Math.Max(0, clock - now);
        _skews[peer] = skew;
        if (Math.Abs(skew) <= limit.TotalMilliseconds)
        {
            return;
        }

        Log.Skewed(logger, peer, skew, (long)limit.TotalMilliseconds);
        var far = _skews.Values.Count(other => Math.Abs(other) > limit.TotalMilliseconds);
        var others = members() - 1;
        if (far > (others + 1) / 2)
        {
            stop($"this machine's clock is {-skew} ms ahead of {peer}'s, and more than {limit.TotalMilliseconds:0} ms off " +
                $"from {far} of {others} other nodes': set the clock, then start again");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1102, LogLevel.Warning, "the clock of {Peer} is {Skew} ms ahead of this machine's; more than {Limit} ms is too much")]
        public static partial void Skewed(ILogger logger, string peer, long skew, long limit);
    }
}
