using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary>What is held while a command runs: a lock, or the lead that goes with one.</summary>
/// <param name="What">What it is, in a sentence: <c>lock</c> or <c>lead</c>.</param>
/// <param name="Fence">The grant.</param>
/// <param name="Release">Gives it up; false when it was lost before.</param>
/// <param name="Lost">Cancelled when it is lost.</param>
internal sealed record Hold(string What, Fence Fence, Func<CancellationToken, Task<bool>> Release, CancellationToken Lost)
{
    internal string? Owner { get; init; }

    internal long? Lease { get; init; }
}
