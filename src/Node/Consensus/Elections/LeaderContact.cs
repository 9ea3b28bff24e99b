namespace RaftCluster.Node.Consensus.Elections;

/// <summary>
/// When this node last heard of a leader. A request that is being worked on counts as hearing for as long as it takes: a
/// slow disk is no silence.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class LeaderContact(TimeProvider time)
{
    private readonly long _begunAt = time.GetTimestamp();
    private int _atWork;
    private long _heardAt;
    private long _goneAt;
    private long _ledAt;
    private string? _last;

    /// <summary>The name of who was last heard as a leader; null before any was.</summary>
    public string? Last => Volatile.Read(ref _last);

    /// <summary>Time since a leader was last heard; null when none ever was.</summary>
    public TimeSpan? Heard => Volatile.Read(ref _atWork) > 0 ? TimeSpan.Zero : Since(ref _heardAt);

    /// <summary>Time since the leader last heard was found to be gone for certain; null when nobody found that.</summary>
    public TimeSpan? Gone => Volatile.Read(ref _atWork) > 0 ? null : Since(ref _goneAt);

    /// <summary>Time without a leader: since one was last heard, or this node led itself, or began.</summary>
    public TimeSpan Silence
    {
        get
        {
            var heard = Heard ?? time.GetElapsedTime(_begunAt);
            return Since(ref _ledAt) is { } led && led < heard ? led : heard;
        }
    }

    /// <summary>Whether nobody can say that a leader lives: it is gone, or was not heard for so long, or never.</summary>
    public bool IsSilent(TimeSpan least) => Gone is not null || Heard is not { } heard || heard >= least;

    /// <summary>A leader's request begins.</summary>
    public void Begin() => Interlocked.Increment(ref _atWork);

    /// <summary>It is answered.</summary>
    /// <param name="leader">Who sent it; null when it was refused as an earlier leader's.</param>
    public void End(string? leader)
    {
        if (leader is not null)
        {
            Volatile.Write(ref _last, leader);
            Volatile.Write(ref _goneAt, 0);
            Volatile.Write(ref _heardAt, time.GetTimestamp());
        }

        Interlocked.Decrement(ref _atWork);
    }

    /// <summary>This node led until now: it waits for the others like them, and after them.</summary>
    public void Led(string self)
    {
        Volatile.Write(ref _last, self);
        Volatile.Write(ref _goneAt, 0);
        Volatile.Write(ref _ledAt, time.GetTimestamp());
    }

    /// <summary>A leader is certainly gone: if it is the one last heard, nobody need wait for it.</summary>
    public void Lose(string gone)
    {
        if (Last == gone)
        {
            Volatile.Write(ref _goneAt, time.GetTimestamp());
        }
    }

    private TimeSpan? Since(ref long moment) => Volatile.Read(ref moment) is var at and not 0 ? time.GetElapsedTime(at) : null;
}
