namespace RaftCluster.Node.Consensus;

/// <summary>How far the log is committed, and how far it is applied: <c>applied ≤ committed</c>, and neither goes back.</summary>
internal sealed class CommitProgress
{
    private long _committed;
    private Action? _onCommit;

    /// <summary>Starts where the state machine is: what was applied was committed.</summary>
    public CommitProgress(long applied)
    {
        _committed = applied;
        Applied = new ProgressGate(applied);
    }

    /// <summary>The last index known to be committed.</summary>
    public long Committed => Volatile.Read(ref _committed);

    /// <summary>The last index applied.</summary>
    public ProgressGate Applied { get; }

    /// <summary>Says whom to wake when more is committed. Called once, before anything is committed.</summary>
    public void OnCommit(Action wake) => _onCommit = wake;

    /// <summary>Raises the commit index.</summary>
    /// <returns>How many entries that commits; 0 when they were committed already.</returns>
    public long Commit(long index)
    {
        while (true)
        {
            var before = Committed;
            if (index <= before)
            {
                return 0;
            }

            if (Interlocked.CompareExchange(ref _committed, index, before) == before)
            {
                _onCommit?.Invoke();
                return index - before;
            }
        }
    }

    /// <summary>A snapshot brought everything up to <paramref name="index"/>: committed and applied at once. Called while nothing is being applied.</summary>
    public void Install(long index)
    {
        Commit(index);
        Applied.Advance(index);
    }

    /// <summary>Waits until one more entry is applied than now.</summary>
    public ValueTask WaitForNextAsync(CancellationToken token) => Applied.WaitAsync(Applied.Reached + 1, token);
}
