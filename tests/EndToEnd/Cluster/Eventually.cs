using System.Diagnostics;

namespace RaftCluster.Tests.EndToEnd.Cluster;

/// <summary>Waits for what another process does: asks again until it is so, within a bound that is only ever reached by a fault.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    /// <summary>Asks until there is an answer.</summary>
    /// <param name="what">What is waited for: the message when it does not come.</param>
    /// <param name="within">The bound.</param>
    /// <param name="ask">The answer; null for not yet.</param>
    /// <param name="otherwise">Says what is there instead, for the message.</param>
    public static async Task<T> HasAsync<T>(
        string what, TimeSpan within, Func<Task<T?>> ask, Func<string>? otherwise = null)
        where T : class
    {
        var begun = Stopwatch.GetTimestamp();
        while (true)
        {
            if (await ask() is { } answer)
            {
                return answer;
            }

            if (Stopwatch.GetElapsedTime(begun) > within)
            {
                Assert.Fail($"not within {within.TotalSeconds} s: {what}{(otherwise is null ? "" : $"; instead: {otherwise()}")}");
            }

            await Task.Delay(Pause, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Asks until it is so.</summary>
    public static Task HoldsAsync(string what, TimeSpan within, Func<Task<bool>> ask, Func<string>? otherwise = null) =>
        HasAsync(what, within, async () => await ask() ? "so" : null, otherwise);
}
