using System.Diagnostics;

namespace RaftCluster.Chaos.Cluster;

/// <summary>Waits for what must come true.</summary>
internal static class Until
{
    private static readonly TimeSpan _pace = TimeSpan.FromMilliseconds(25);

    /// <summary>Lets time pass, or less of it when it is told to stop.</summary>
    public static async Task PassedAsync(TimeSpan time, CancellationToken stop)
    {
        try
        {
            await Task.Delay(time, stop);
        }
        catch (OperationCanceledException)
        {
            // Whoever waited looks at it himself.
        }
    }

    /// <summary>Asks again and again.</summary>
    /// <param name="bound">How long.</param>
    /// <param name="question">Null while it is not true.</param>
    /// <param name="stop">Ends the waiting.</param>
    /// <returns>Null when it did not come true.</returns>
    public static async Task<T?> HasAsync<T>(TimeSpan bound, Func<Task<T?>> question, CancellationToken stop)
        where T : class
    {
        var begun = Stopwatch.GetTimestamp();
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            if (await question() is { } answer)
            {
                return answer;
            }

            if (Stopwatch.GetElapsedTime(begun) > bound)
            {
                return null;
            }

            await Task.Delay(_pace, stop);
        }
    }

    /// <summary>Asks again and again.</summary>
    /// <param name="bound">How long.</param>
    /// <param name="question">False while it is not true.</param>
    /// <returns>Whether it came true.</returns>
    public static async Task<bool> IsAsync(TimeSpan bound, Func<Task<bool>> question) =>
        await HasAsync(bound, async () => await question() ? question : null, CancellationToken.None) is not null;
}
