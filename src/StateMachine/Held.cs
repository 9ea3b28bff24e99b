namespace RaftCluster.StateMachine;

/// <summary>What a decision needs to know of a row: its place in history, not its value.</summary>
/// <param name="Revision">The revision of its last change; 0 when there is no row.</param>
/// <param name="Created">The revision that made it; 0 when there is no row.</param>
/// <param name="Version">How often it was written since; 0 when there is no row.</param>
/// <param name="Lease">The lease it is on; 0 for none.</param>
internal readonly record struct Held(long Revision, long Created, long Version, long Lease = 0)
{
    public static Held None => default;

    public bool Exists => Revision > 0;

    /// <summary>What it becomes when it is written: the next version, or the first of a new row, and on no lease.</summary>
    public Held Written(long revision) =>
        Exists ? new Held(revision, Created, Version + 1) : new Held(revision, revision, 1);
}
