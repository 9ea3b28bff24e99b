using System.Text.Json;
using System.Text.Json.Serialization;

namespace RaftCluster.Bench.Report;

/// <summary>The results as programs read them: every repeat, and under what conditions.</summary>
/// <param name="At">When the run began.</param>
/// <param name="Processors">How many the machine has.</param>
/// <param name="KeySize">Bytes in a key.</param>
/// <param name="ValueSize">Bytes in a value.</param>
/// <param name="Keys">How many rows.</param>
/// <param name="Seconds">How long a round lasted.</param>
/// <param name="Measurements">Every round.</param>
internal sealed record JsonReport(
    DateTimeOffset At,
    int Processors,
    int KeySize,
    int ValueSize,
    int Keys,
    double Seconds,
    IReadOnlyList<Measurement> Measurements)
{
    /// <summary>Writes it to a file.</summary>
    public void Write(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, JsonReportContext.Default.JsonReport));
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(JsonReport))]
internal sealed partial class JsonReportContext : JsonSerializerContext;
