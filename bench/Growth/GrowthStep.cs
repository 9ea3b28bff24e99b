namespace RaftCluster.Bench.Growth;

/// <summary>One work, measured once at one step of a growth.</summary>
/// <param name="Cause">What grows.</param>
/// <param name="At">How large it is: a number, or bytes.</param>
/// <param name="Work">What each request did.</param>
/// <param name="Repeat">Which time, from 1.</param>
/// <param name="Rate">Requests a second.</param>
/// <param name="P50">Milliseconds.</param>
/// <param name="P99">Milliseconds.</param>
/// <param name="ServerMicroseconds">Processor time of all nodes for a request.</param>
/// <param name="Errors">Wrong answers, and requests that got none.</param>
/// <param name="LastError">What one of them was.</param>
/// <param name="ResidentMebibytes">The median memory of a node afterwards.</param>
/// <param name="EventMilliseconds">With readers: half of the events were read no later after the leader took the write up.</param>
/// <param name="OtherProcessors">How many processors were kept busy by what is no part of the benchmark.</param>
internal sealed record GrowthStep(
    Cause Cause,
    int At,
    string Work,
    int Repeat,
    double Rate,
    double P50,
    double P99,
    double ServerMicroseconds,
    long Errors,
    string? LastError,
    double ResidentMebibytes,
    double? EventMilliseconds,
    double OtherProcessors);
