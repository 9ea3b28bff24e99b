namespace RaftCluster.Bench.Load;

/// <summary>
/// One connection to a server, driven by one thread with blocking calls: on a machine shared with the servers, the
/// cheapest way there is to wait for an answer. Carries up to <see cref="Slots"/> requests at a time.
/// </summary>
internal interface IConnection : IDisposable
{
    /// <summary>How many requests may be under way.</summary>
    int Slots { get; }

    /// <summary>Sends one request.</summary>
    /// <param name="slot">A slot with nothing under way, from 0.</param>
    /// <param name="row">The row it is about.</param>
    void Send(int slot, int row);

    /// <summary>Waits for the next answer, of whichever slot.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The connection broke, or nothing came for a long time.</exception>
    /// <exception cref="IOException">The server closed it, or spoke nonsense.</exception>
    Answer Receive();
}

/// <summary>An answer.</summary>
/// <param name="Slot">The slot that is free again.</param>
/// <param name="Good">Whether it was what the request asked for: the right status, and the row's whole value for a get.</param>
/// <param name="Status">Its HTTP status; 0 over gRPC.</param>
internal readonly record struct Answer(int Slot, bool Good, int Status = 0);
