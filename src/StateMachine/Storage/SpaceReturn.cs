namespace RaftCluster.StateMachine.Storage;

/// <summary>
/// Gives back what removed keys still take: RocksDB marks a key as removed in a newer file, and takes it from the older one
/// when it gets round to rewriting it, which may be never when nothing is written any more.
/// </summary>
/// <remarks>
/// A rewrite needs room for its result before the files that it replaces go. So the families are taken in the order of
/// what they need, each only if there is room for it, and each makes room for the next.
/// </remarks>
internal static class SpaceReturn
{
    /// <summary>From this share of removals on, one in so many, files are worth rewriting when there is room enough.</summary>
    private const int WorthwhileShare = 4;

    /// <summary>What must stay free beside a rewrite's result.</summary>
    private const long Margin = 8L << 20;

    private static readonly Family[] _families = [Family.Changes, Family.History, Family.Rows, Family.Keys, Family.LeaseRows];

    /// <summary>Rewrites families.</summary>
    /// <param name="database">The store; what was removed in memory alone does not count.</param>
    /// <param name="free">How many bytes the disk has left, now.</param>
    /// <param name="all">Whether to rewrite whatever holds a removal, rather than what holds many.</param>
    /// <param name="stop">Cancelled to end between two families.</param>
    /// <returns>Whether there was room for all of it.</returns>
    public static bool Run(Database database, Func<long> free, bool all, CancellationToken stop)
    {
        var hadRoom = true;
        foreach (var family in _families.OrderBy(family => NeedOf(database.FilesOf(family))))
        {
            if (stop.IsCancellationRequested)
            {
                break;
            }

            // Looked at again: the one before may have taken a while.
            var files = database.FilesOf(family);
            if (files.Removals == 0 || (!all && files.Removals < files.Entries / WorthwhileShare))
            {
                continue;
            }

            if (free() < NeedOf(files) + Margin)
            {
                hadRoom = false;
                continue;
            }

            database.Space.IsGivingBack = true;
            try
            {
                database.Space.Set(free() - Margin);
                database.Rewrite(family);
            }
            finally
            {
                database.Space.IsGivingBack = false;
            }
        }

        return hadRoom;
    }

    /// <summary>About how long the result of a rewrite is: each removal takes itself and another entry along.</summary>
    private static long NeedOf(in FamilyFiles files) => files.Entries == 0
        ? 0
        : (long)(files.Bytes * Math.Max(0.05, 1 - (2.0 * files.Removals / files.Entries)));
}

/// <summary>The files of a column family, added up.</summary>
/// <param name="Bytes">How long they are.</param>
/// <param name="Entries">How many entries they hold, removals among them.</param>
/// <param name="Removals">How many of those only say that a key was removed.</param>
internal readonly record struct FamilyFiles(long Bytes, long Entries, long Removals);
