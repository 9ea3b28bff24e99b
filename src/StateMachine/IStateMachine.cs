namespace RaftCluster.StateMachine;

/// <summary>
/// The replicated rows: fed with committed log entries in order, read through pictures. Everything it does follows
/// from the entries alone, so that replicas are equal byte for byte.
/// </summary>
public interface IStateMachine : IDisposable
{
    /// <summary>How far it has come. Safe to read from any thread.</summary>
    AppliedPosition Applied { get; }

    /// <summary>The position that is safe on this node's disk: the log must keep every entry after its index.</summary>
    AppliedPosition Persisted { get; }

    /// <summary>
    /// Applies one committed entry. Called by one thread at a time, with increasing indexes (gaps are entries that
    /// concern consensus alone).
    /// </summary>
    /// <param name="index">The entry's index, above <see cref="Applied"/>'s.</param>
    /// <param name="term">The entry's term.</param>
    /// <param name="entry">The entry as <see cref="EntryCodec"/> made it; empty for one that concerns consensus alone.</param>
    /// <returns>What each transaction of the entry did, in their order.</returns>
    /// <exception cref="InvariantException">The entry is out of order or not one that any version of this code made: the process must stop.</exception>
    IReadOnlyList<Outcome> Apply(long index, long term, ReadOnlyMemory<byte> entry);

    /// <summary>Who hears of leases; null for nobody. Set before the first entry is applied, or between two.</summary>
    ILeaseListener? LeaseListener { get; set; }

    /// <summary>Takes a consistent picture of the rows as they are now.</summary>
    IRowReader Read();

    /// <summary>Brings everything applied to disk; afterwards <see cref="Persisted"/> is at least what <see cref="Applied"/> was.</summary>
    void Flush();

    /// <summary>
    /// Removes some of what no revision from <see cref="IRowReader.OldestRevision"/> on needs. Safe from any thread but one
    /// at a time, beside all other calls; readers already open keep what they see.
    /// </summary>
    /// <param name="most">About so many versions and changes at most; a transaction is gone through whole.</param>
    /// <param name="stop">Cancelled to end early, between two transactions.</param>
    /// <returns>How many were removed; less than <paramref name="most"/>: there is no more, or it was to end.</returns>
    long SweepHistory(long most, CancellationToken stop);

    /// <summary>About how many bytes are in memory alone, and will take room on the disk before long.</summary>
    long Unwritten => 0;

    /// <summary>
    /// How many bytes must be free beside everything else, for rewriting files: what is replaced goes only when the result is there.
    /// </summary>
    long WorkingRoom => 0;

    /// <summary>What it has to say of itself to who measures. Safe from any thread.</summary>
    StoreFigures Figures => StoreFigures.None;

    /// <summary>
    /// Says how much room there is for what needs some for a while, as rewriting files does: it is put off while it does not
    /// fit. Safe from any thread; to be said again as that changes.
    /// </summary>
    /// <param name="room">The bytes that may be taken; none at 0 or below.</param>
    void Limit(long room)
    {
    }

    /// <summary>
    /// Gives back to the disk what was removed and still takes room there. Safe from any thread but one at a time, beside
    /// all other calls but <see cref="Flush"/>, <see cref="Checkpoint"/> and <see cref="SwitchTo"/>, which wait for it.
    /// Called when everything below the oldest revision is swept.
    /// </summary>
    /// <param name="free">How many bytes the disk has left, asked before each step that needs some.</param>
    /// <param name="all">Whether anything that was removed is worth the work, as on a disk that is low, or only much of it. Then the versions go too
    /// that the oldest revision itself superseded: they can be read as what was before its changes, and not otherwise.</param>
    /// <param name="stop">Cancelled to end early, between two steps.</param>
    /// <returns>False when there was too little room for some of it.</returns>
    bool GiveBack(Func<long> free, bool all, CancellationToken stop) => true;

    /// <summary>
    /// Makes a copy of everything applied so far. Safe from any thread, beside all other calls; copies are made one
    /// after the other.
    /// </summary>
    /// <param name="folder">
    /// Where: a folder that does not exist yet, in one that does. On the way there may be a folder with ".tmp" behind
    /// its name, which a crash leaves over and whose contents are overwritten.
    /// </param>
    /// <returns>The position the copy stands at, which is at least what <see cref="Applied"/> was at the call.</returns>
    /// <exception cref="Storage.StorageException">It could not be made; nothing is left of it.</exception>
    AppliedPosition Checkpoint(string folder);

    /// <summary>
    /// Goes on with a copy that another node's <see cref="Checkpoint"/> made: new readers see its rows, and readers
    /// already open keep reading what they saw. Never called while <see cref="Apply"/> runs.
    /// </summary>
    /// <param name="folder">
    /// The copy, which is the store from now on. The folder used before is left as it is.
    /// </param>
    /// <param name="left">
    /// Called once, when the last reader of the folder used before is disposed, or before this returns when there is none:
    /// nothing reads the folder or writes in it any more, and it may be removed.
    /// </param>
    /// <exception cref="InvariantException">The copy is behind <see cref="Applied"/>; nothing was changed.</exception>
    /// <exception cref="Storage.StorageException">The copy can't be used; nothing was changed.</exception>
    void SwitchTo(string folder, Action? left = null);
}
