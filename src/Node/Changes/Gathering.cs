namespace RaftCluster.Node.Changes;

/// <summary>
/// For how long changes are gathered before readers are woken again. Each one that is woken costs a system call, whatever it
/// then sends: when many of them are woken each time, they had better get more at once. A change that concerns few is passed
/// on at once, however many listen.
/// </summary>
internal static class Gathering
{
    /// <summary>Up to so many readers are woken without a rest before the next.</summary>
    private const int Few = 16;

    /// <summary>Those who are woken are awake for a tenth of the time: the rest is for those who write.</summary>
    private const int Rest = 9;

    /// <summary>What waking a reader costs a node at most, with what it then sends.</summary>
    private static readonly TimeSpan _wakingOne = TimeSpan.FromMicroseconds(20);

    /// <summary>Longer than this nobody waits for a change.</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long to rest.</summary>
    /// <param name="woken">How many readers were woken at once.</param>
    public static TimeSpan After(int woken)
    {
        var time = _wakingOne * (Rest * woken);
        return woken <= Few ? TimeSpan.Zero : time < Longest ? time : Longest;
    }
}
