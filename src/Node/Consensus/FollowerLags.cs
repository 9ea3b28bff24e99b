using RaftCluster.Node.Consensus.Log;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Consensus;

/// <summary>Measures how far members are behind, by the log itself: each entry says when its leader made it.</summary>
internal static class FollowerLags
{
    /// <summary>How many entries that concern consensus alone, and bear no time, are passed over.</summary>
    private const int MostPassed = 8;

    /// <summary>How far a member is behind.</summary>
    /// <param name="member">Its id.</param>
    /// <param name="match">The last index on its disk.</param>
    /// <param name="log">The leader's log.</param>
    /// <param name="now">The time.</param>
    public static FollowerLag Of(string member, long match, IRaftLog log, DateTimeOffset now)
    {
        var last = log.LastIndex;
        return match >= last
            ? new FollowerLag(member, 0, 0, TimeSpan.Zero)
            : new FollowerLag(member, last - match, log.BytesFrom(match + 1), AgeOf(match + 1, last, log, now));
    }

    /// <summary>What was cut off the log counts from the oldest entry that is left: the lag is at least that.</summary>
    private static TimeSpan AgeOf(long first, long last, IRaftLog log, DateTimeOffset now)
    {
        var from = Math.Max(first, log.FirstIndex);
        for (var at = from; at <= Math.Min(last, from + MostPassed); at++)
        {
            // One entry at a time, for the first comes whole, however long it is.
            if (log.Read(at, at, maximumBytes: 1) is not [var entry])
            {
                break;
            }

            if (entry.Kind == LogEntryKind.Command)
            {
                var made = DateTimeOffset.UnixEpoch.AddTicks(EntryCodec.ReadHeader(entry.Payload.Span).Time * TimeSpan.TicksPerMicrosecond);
                return now > made ? now - made : TimeSpan.Zero;
            }
        }

        return TimeSpan.Zero;
    }
}
