using RaftCluster.Chaos.Checks;

namespace RaftCluster.Chaos.Scenarios;

/// <summary>What came of a run.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Story">What happened, in a few words.</param>
/// <param name="Acknowledged">How many writes were acknowledged.</param>
/// <param name="Refused">How many were refused.</param>
/// <param name="Unknown">Of how many nobody knows.</param>
/// <param name="Violations">Promises that were broken.</param>
/// <param name="Unjudged">Why it can't be judged; null when it can.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Folder">What was kept of it; null when nothing was.</param>
internal sealed record RunResult(
    int Number,
    string Story,
    long Acknowledged,
    long Refused,
    long Unknown,
    IReadOnlyList<Violation> Violations,
    string? Unjudged,
    TimeSpan Duration,
    string? Folder)
{
    /// <summary>How many acknowledged writes are lost.</summary>
    public int Lost => Violations.Count(violation => violation.Promise == Promise.NothingAcknowledgedIsLost);

    /// <summary>Whether it was judged, and nothing was broken.</summary>
    public bool IsGood => Violations.Count == 0 && Unjudged is null;
}
