using RaftCluster.StateMachine;

namespace RaftCluster.Node.Retention;

/// <summary>The transaction that drops history.</summary>
internal static class Compaction
{
    /// <summary>The oldest revision that a policy keeps of what can be read.</summary>
    public static long FloorOf(IRowReader rows, RetentionPolicy policy, DateTimeOffset now) =>
        policy.FloorOf(rows.OldestRevision, rows.Position.Revision, revision => TimeOf(rows, revision), now);

    private static DateTimeOffset TimeOf(IRowReader rows, long revision)
    {
        using var walk = rows.Changes(new ChangePlace(revision, 0));
        Invariant.Holds(walk.NextTransaction(), "the change log has every revision from the oldest on");
        return DateTimeOffset.UnixEpoch.AddTicks(walk.Time * TimeSpan.TicksPerMicrosecond);
    }

    /// <summary>Drops what is older than a revision; nothing when that was dropped already.</summary>
    /// <param name="revision">The oldest revision that stays readable, at least 1.</param>
    public static Transaction Of(long revision) => Transaction.Of(new Operation.Compact(revision));
}
