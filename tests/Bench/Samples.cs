using RaftCluster.Bench.Suite;

namespace RaftCluster.Tests.Bench;

/// <summary>Measurements that nobody made.</summary>
internal static class Samples
{
    /// <summary>One sample of each product a repeat.</summary>
    public static List<Sample> Of(string row, params (double Ours, double Etcd)[] repeats) =>
    [
        .. repeats.SelectMany((repeat, at) => (Sample[])
        [
            new(row, Sample.Ours, at + 1, repeat.Ours, P50: 1, P99: 2, OtherProcessors: 0),
            new(row, Sample.Etcd, at + 1, repeat.Etcd, P50: 2, P99: 4, OtherProcessors: 0),
        ]),
    ];

    public static Judgement Judge(string row, IReadOnlyCollection<Sample> samples, params string[] complaints) =>
        Judgement.Of(SuiteRow.Parse(row), samples, complaints);

    public static SuiteReport Report(params Judgement[] judgements) => new(
        DateTimeOffset.UnixEpoch,
        2,
        "a system",
        5,
        1_000_000,
        [.. judgements.Select(RowReport.Of)],
        [.. judgements.SelectMany(judgement => judgement.Ours.Concat(judgement.Etcd))],
        [new Ceiling("HTTP/1.1", 64, 1_000, 1, 2)],
        [new MachineProbe("before", 1e9, 0.3), new MachineProbe("after", 1.1e9, 0.2)]);
}
