namespace RaftCluster.Node.Changes;

/// <summary>
/// For how long changes are gathered before they are read and passed on again. To read what an entry changed, and to wake those
/// whom it concerns, costs much the same whether it is one change or hundreds: the busier a node and the more its readers, the
/// more they had better get at once. A change now and then is passed on at once, however many listen.
/// </summary>
internal static class Gathering
{
    /// <summary>A tenth of the time is for those who read: the rest is for those who write.</summary>
    private const int Rest = 9;

    /// <summary>A shorter rest costs more than it saves.</summary>
    private static readonly TimeSpan _shortest = TimeSpan.FromMilliseconds(1);

    /// <summary>Longer than this nobody waits for a change.</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long to rest.</summary>
    /// <param name="took">How long it took to read what was gathered, and to wake whom it concerned.</param>
    public static TimeSpan After(TimeSpan took) =>
        took * Rest is var rest && rest < _shortest ? TimeSpan.Zero : rest < Longest ? rest : Longest;
}
