namespace RaftCluster.StateMachine.Locks;

/// <summary>
/// Which keys only the holder of a lock may write: what the rows of <see cref="SystemTables.Locks"/> say, kept beside them
/// so that a write without a guard looks nothing up. For the thread that applies.
/// </summary>
internal sealed class Guards
{
    /// <summary>Whether there are any.</summary>
    public bool Any { get; private set; }

    /// <summary>Follows a lock's row: every one when a store is opened, later each that a transaction changed.</summary>
    /// <param name="name">The lock's name.</param>
    /// <param name="value">The row's value; empty when it was removed.</param>
    public void Follow(string name, ReadOnlySpan<byte> value) =>
        Any = false;

    /// <summary>The first lock, in the order of names, that guards a key and that no fence is given for; null when there is none.</summary>
    /// <param name="table">The table's name.</param>
    /// <param name="key">The key.</param>
    /// <param name="fences">The fences that were given, each of which holds.</param>
    public string? Missing(ReadOnlySpan<byte> table, ReadOnlySpan<byte> key, ReadOnlySpan<Fence> fences) =>
        Any ? throw new InvariantException("guards are not kept yet") : null;

    /// <summary>The same for all keys that a range could hold.</summary>
    /// <param name="table">The table's name.</param>
    /// <param name="start">The first key; empty for the first of the table.</param>
    /// <param name="end">The first key that is not meant; empty for no bound.</param>
    /// <param name="fences">The fences that were given, each of which holds.</param>
    public string? Missing(
        ReadOnlySpan<byte> table, ReadOnlySpan<byte> start, ReadOnlySpan<byte> end, ReadOnlySpan<Fence> fences) =>
        Any ? throw new InvariantException("guards are not kept yet") : null;
}
