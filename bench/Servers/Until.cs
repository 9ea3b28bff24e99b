using System.Diagnostics;
using System.Text.Json;

namespace RaftCluster.Bench.Servers;

/// <summary>Waits for servers to come up.</summary>
internal static class Until
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _soon = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Asks again and again, so often that the time it took is known to a few milliseconds, until the answer is yes.</summary>
    /// <param name="what">What is waited for, for the complaint.</param>
    /// <param name="processes">Whose end ends the wait.</param>
    /// <param name="ask">Asks; a refused connection and no answer in time mean no.</param>
    /// <param name="patience">How long at most.</param>
    /// <param name="stop">Ends the wait.</param>
    /// <exception cref="IOException">It took too long, or a process ended.</exception>
    public static async Task SoonAsync(
        string what, IReadOnlyList<ServerProcess> processes, Func<Task<bool>> ask, TimeSpan patience, CancellationToken stop)
    {
        for (var begun = Stopwatch.GetTimestamp(); ;)
        {
            foreach (var process in processes)
            {
                process.MustRun();
            }

            try
            {
                if (await ask())
                {
                    return;
                }
            }
            catch (Exception early) when (early is HttpRequestException || (early is OperationCanceledException && !stop.IsCancellationRequested))
            {
                // Not up yet: asked again below.
            }

            if (Stopwatch.GetElapsedTime(begun) > patience)
            {
                throw new IOException($"{what}: not within {patience.TotalSeconds} s");
            }

            await Task.Delay(_soon, stop);
        }
    }

    /// <summary>Asks again and again until there is an answer.</summary>
    /// <param name="what">What is waited for, for the complaint.</param>
    /// <param name="processes">Whose end ends the wait.</param>
    /// <param name="ask">Answers, or null for not yet; a refused connection and an unfinished answer mean the same.</param>
    /// <param name="stop">Ends the wait.</param>
    /// <exception cref="IOException">It took too long, or a process ended.</exception>
    public static async Task<T> AnsweredAsync<T>(
        string what, IReadOnlyList<ServerProcess> processes, Func<Task<T?>> ask, CancellationToken stop)
        where T : class
    {
        using var patience = new CancellationTokenSource(Patience);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stop);
        while (true)
        {
            foreach (var process in processes)
            {
                process.MustRun();
            }

            try
            {
                if (await ask() is { } answer)
                {
                    return answer;
                }
            }
            catch (Exception early) when (early is HttpRequestException or JsonException or KeyNotFoundException)
            {
                // Not up yet: asked again below.
            }

            try
            {
                await Task.Delay(Pause, both.Token);
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                throw new IOException($"{what}: not within {Patience.TotalSeconds} s");
            }
        }
    }
}
