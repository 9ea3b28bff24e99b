namespace RaftCluster.Node;

/// <summary>
/// Stops the node when its standard input ends: whoever started it wants it to, or is gone. A killed parent can't stop
/// its nodes, but the kernel closes its end of their pipes.
/// </summary>
internal static class ParentWatch
{
    /// <summary>Begins to watch.</summary>
    /// <param name="stop">Told once the input ends.</param>
    public static void Start(StopSignal stop)
    {
        var input = Console.OpenStandardInput();
        // A thread of its own, which the process does not wait for: reading a pipe can't be cancelled.
        new Thread(() => Watch(input, stop)) { IsBackground = true, Name = "parent watch" }.Start();
    }

    private static void Watch(Stream input, StopSignal stop)
    {
        Span<byte> ignored = stackalloc byte[256];
        try
        {
            while (input.Read(ignored) > 0)
            {
                // What is written there has no meaning.
            }
        }
        catch (IOException)
        {
            // An input that can't be read has no writer either.
        }

        stop.Request();
    }
}
