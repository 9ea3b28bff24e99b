using System.Diagnostics;

namespace RaftCluster.Bench.Load;

/// <summary>What one round came to.</summary>
/// <param name="Seconds">How long it lasted.</param>
/// <param name="Operations">Good answers within it.</param>
/// <param name="Errors">All else.</param>
/// <param name="LastError">What one of the errors was; null when there was none.</param>
/// <param name="Latency">How long the good answers took.</param>
internal sealed record RoundResult(double Seconds, long Operations, long Errors, string? LastError, Histogram Latency);

/// <summary>Runs a thread for each connection, all at once.</summary>
internal static class Round
{
    /// <summary>Enough for a loop that keeps all it has in arrays.</summary>
    private const int StackSize = 256 * 1024;

    /// <summary>Puts a load on a server for a while.</summary>
    /// <param name="connections">How many connections.</param>
    /// <param name="connect">Opens the connection of a number from 0.</param>
    /// <param name="rows">How many rows there are to choose from.</param>
    /// <param name="duration">How long.</param>
    /// <param name="stop">Ends it earlier.</param>
    public static RoundResult Run(
        int connections, Func<int, IConnection> connect, int rows, TimeSpan duration, CancellationToken stop)
    {
        var drivers = new Driver[connections];
        for (var i = 0; i < connections; i++)
        {
            var number = i;
            drivers[i] = new Driver(() => connect(number), rows, (ulong)i + 1);
        }

        var begun = Stopwatch.GetTimestamp();
        var until = begun + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        OnThreads(drivers, (driver, _) => driver.Run(until, stop));

        var latency = new Histogram();
        foreach (var driver in drivers)
        {
            latency.Merge(driver.Latency);
        }

        return new RoundResult(
            duration.TotalSeconds,
            latency.Count,
            drivers.Sum(driver => driver.Errors),
            drivers.Select(driver => driver.LastError).FirstOrDefault(error => error is not null),
            latency);
    }

    /// <summary>Touches every row once.</summary>
    public static void Sweep(int connections, Func<int, IConnection> connect, int rows) => Sweep(connections, connect, 0, rows, step: 1);

    /// <summary>Touches the rows of a range once, each connection its own part of it.</summary>
    /// <param name="connections">How many connections.</param>
    /// <param name="connect">Opens the connection of a number from 0.</param>
    /// <param name="first">The first row.</param>
    /// <param name="last">The first row that is not touched.</param>
    /// <param name="step">How many rows a request touches.</param>
    /// <exception cref="IOException">An answer was not what was asked for.</exception>
    public static void Sweep(int connections, Func<int, IConnection> connect, int first, int last, int step)
    {
        var drivers = new Driver[connections];
        for (var i = 0; i < connections; i++)
        {
            var number = i;
            drivers[i] = new Driver(() => connect(number), last, (ulong)i + 1);
        }

        int Part(int number) => first + ((int)((long)((last - first) / step) * number / connections) * step);
        OnThreads(drivers, (driver, number) => driver.Sweep(Part(number), number + 1 == connections ? last : Part(number + 1), step));
    }

    private static void OnThreads(Driver[] drivers, Action<Driver, int> body)
    {
        Exception? failure = null;
        var threads = new Thread[drivers.Length];
        for (var i = 0; i < threads.Length; i++)
        {
            var number = i;
            threads[i] = new Thread(
                () =>
                {
                    try
                    {
                        body(drivers[number], number);
                    }
                    catch (Exception broken)
                    {
                        // Rethrown by the caller's thread: an exception that leaves a thread ends the process.
                        Interlocked.CompareExchange(ref failure, broken, null);
                    }
                },
                StackSize);
        }

        foreach (var thread in threads)
        {
            thread.Start();
        }

        foreach (var thread in threads)
        {
            thread.Join();
        }

        if (failure is not null)
        {
            throw new IOException($"the load stopped: {failure.Message}", failure);
        }
    }
}
