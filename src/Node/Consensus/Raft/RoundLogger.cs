namespace RaftCluster.Node.Consensus.Raft;

/// <summary>
/// What the library says of each round with a member that is behind or slow is said thousands of times a second under
/// load: it is of use only to who asks for details. <c>GET /v1/cluster</c> tells how far a member is.
/// </summary>
internal sealed class RoundLogger(ILogger inner) : ILogger
{
    private const int ReplicationFailed = 74015;
    private const int InstallingSnapshot = 74018;
    private const int SlowMember = 74044;

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => inner.BeginScope(state);

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

    /// <inheritdoc/>
    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Id is ReplicationFailed or InstallingSnapshot or SlowMember)
        {
            logLevel = LogLevel.Debug;
        }

        if (inner.IsEnabled(logLevel))
        {
            // As text: for each kind of state, whoever writes it out would be compiled anew, in the middle of an election.
            inner.Log(logLevel, eventId, formatter(state, exception), exception, static (text, _) => text);
        }
    }
}
