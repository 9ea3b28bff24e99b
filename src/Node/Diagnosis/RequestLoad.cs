namespace RaftCluster.Node.Diagnosis;

/// <summary>
/// The requests for rows that clients sent to this node: how many, and how long they lately took. What another node passed on
/// is counted there, so that the sum over all nodes is what the clients asked.
/// </summary>
internal sealed class RequestLoad
{
    private long _failed;

    /// <summary>Those that only read.</summary>
    public LatencyWindow Reads { get; } = new();

    /// <summary>Those that were to change something.</summary>
    public LatencyWindow Writes { get; } = new();

    /// <summary>How many of them were answered with a status of 500 or more.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Notes one that was answered.</summary>
    public void Add(bool isWrite, TimeSpan took, int status)
    {
        (isWrite ? Writes : Reads).Add(took);
        if (status >= StatusCodes.Status500InternalServerError)
        {
            Interlocked.Increment(ref _failed);
        }
    }
}
