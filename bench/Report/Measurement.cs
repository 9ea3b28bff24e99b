using RaftCluster.Bench.Load;

namespace RaftCluster.Bench.Report;

/// <summary>One round of one product.</summary>
/// <param name="Product">Whose.</param>
/// <param name="Protocol">What was spoken.</param>
/// <param name="Work">What each request did.</param>
/// <param name="Via">Which node was asked.</param>
/// <param name="Clients">How many requests were under way at any time.</param>
/// <param name="Repeat">Which repeat, from 1.</param>
/// <param name="OperationsPerSecond">Good answers a second.</param>
/// <param name="MedianMilliseconds">Half of them took no longer.</param>
/// <param name="P99Milliseconds">99 of 100 took no longer.</param>
/// <param name="Errors">Wrong answers, and requests that got none.</param>
/// <param name="LastError">What one of them was.</param>
/// <param name="ServerMicrosecondsPerOperation">Processor time of the three servers together, for each good answer.</param>
/// <param name="GeneratorProcessors">How many processors the load generator kept busy.</param>
/// <param name="OtherProcessors">How many processors were kept busy by what is no part of the benchmark.</param>
internal sealed record Measurement(
    string Product,
    string Protocol,
    string Work,
    string Via,
    int Clients,
    int Repeat,
    double OperationsPerSecond,
    double MedianMilliseconds,
    double P99Milliseconds,
    long Errors,
    string? LastError,
    double ServerMicrosecondsPerOperation,
    double GeneratorProcessors,
    double OtherProcessors)
{
    /// <summary>Makes it of a round's result and the processor time used meanwhile.</summary>
    public static Measurement Of(
        Servers.IServers servers, Work work, Via via, int clients, int repeat, RoundResult round, Processor used) => new(
        servers.Name,
        servers.Dialect.Name,
        work.Name(),
        via == Load.Via.Leader ? "leader" : "follower",
        clients,
        repeat,
        round.Operations / round.Seconds,
        round.Latency.Percentile(0.5) / 1e6,
        round.Latency.Percentile(0.99) / 1e6,
        round.Errors,
        round.LastError,
        round.Operations == 0 ? 0 : used.Servers * 1e6 / round.Operations,
        used.Generator / round.Seconds,
        used.Others / round.Seconds);
}
