using System.Text.Json;
using System.Text.Json.Serialization;

namespace RaftCluster.Bench.Suite;

/// <summary>A run as programs read it: every sample, every probe, every verdict. The file is <c>suite.json</c>.</summary>
/// <param name="At">When the run began.</param>
/// <param name="Processors">How many the machine has.</param>
/// <param name="System">Its operating system.</param>
/// <param name="Seconds">How long a round under load lasted.</param>
/// <param name="Stored">How many rows were stored for memory, restart and catch-up.</param>
/// <param name="Rows">What came out for each row.</param>
/// <param name="Samples">What was measured.</param>
/// <param name="Ceilings">What the load generator does by itself.</param>
/// <param name="Probes">What the machine gave in between.</param>
internal sealed record SuiteReport(
    DateTimeOffset At,
    int Processors,
    string System,
    double Seconds,
    int Stored,
    IReadOnlyList<RowReport> Rows,
    IReadOnlyList<Sample> Samples,
    IReadOnlyList<Ceiling> Ceilings,
    IReadOnlyList<MachineProbe> Probes)
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="IOException">It is not there, or no such report.</exception>
    public static SuiteReport Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), SuiteReportContext.Default.SuiteReport)
                ?? throw new IOException($"{path} is no suite.json: it is null");
        }
        catch (JsonException wrong)
        {
            throw new IOException($"{path} is no suite.json: {wrong.Message}", wrong);
        }
    }

    /// <summary>Writes it to a file.</summary>
    public void Write(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, SuiteReportContext.Default.SuiteReport) + "\n");
}

/// <summary>What came out for a row.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Unit">The unit of its figures.</param>
/// <param name="HigherIsBetter">Whether more is better.</param>
/// <param name="Ours">This product's median; null when it was not measured.</param>
/// <param name="Etcd">etcd's median; null when it was not measured.</param>
/// <param name="Ratio">This product's over etcd's: the target's figure.</param>
/// <param name="Target">What is wanted, in words.</param>
/// <param name="Verdict">What follows.</param>
/// <param name="Spread">How far this product's repeats lie apart, as a share of the median.</param>
/// <param name="Complaints">What was wrong with the machine.</param>
internal sealed record RowReport(
    string Name,
    string Unit,
    bool HigherIsBetter,
    double? Ours,
    double? Etcd,
    double? Ratio,
    string Target,
    Verdict Verdict,
    double Spread,
    IReadOnlyList<string> Complaints)
{
    /// <summary>Of a judgement.</summary>
    public static RowReport Of(Judgement judgement) => new(
        judgement.Row.Name,
        judgement.Row.Unit,
        judgement.Row.Better == Better.Higher,
        Median(judgement.Ours),
        Median(judgement.Etcd),
        judgement.Ratio,
        judgement.Row.Target,
        judgement.Verdict,
        Judgement.Spread(judgement.Ours),
        judgement.Complaints);

    private static double? Median(IReadOnlyList<Sample> samples) =>
        samples.Count == 0 ? null : Report.Statistics.Median(samples.Select(sample => sample.Value));
}

[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(SuiteReport))]
internal sealed partial class SuiteReportContext : JsonSerializerContext;
