namespace RaftCluster.StateMachine;

/// <summary>Goes through the rows of a range as an entry finds them. Before the first move it stands on none.</summary>
internal interface IRowWalk : IDisposable
{
    /// <summary>The row's key, without its table; valid until the next move.</summary>
    ReadOnlySpan<byte> Key { get; }

    /// <summary>Where the row stands.</summary>
    Held Held { get; }

    /// <summary>The row's content type; null when none was given.</summary>
    string? ContentType { get; }

    /// <summary>The row's value; valid until the next move.</summary>
    ReadOnlySpan<byte> Value { get; }

    /// <summary>Moves to the next row; false after the last.</summary>
    bool Next();
}
