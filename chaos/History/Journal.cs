using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RaftCluster.Chaos.History;

/// <summary>Writes a history while it happens: a line a record, on disk at once, in memory for the checks.</summary>
internal sealed class Journal : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<HistoryRecord> _records = [];
    private readonly long _begun = Stopwatch.GetTimestamp();
    private readonly FileStream _file;
    private long _ids;
    private long _acknowledged;

    /// <summary>Begins one.</summary>
    /// <param name="path">The file.</param>
    public Journal(string path) => _file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1 << 16);

    /// <summary>The microseconds since the run began.</summary>
    public long Now => (long)Stopwatch.GetElapsedTime(_begun).TotalMicroseconds;

    /// <summary>How many operations succeeded so far that change something.</summary>
    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    /// <summary>Everything so far.</summary>
    public IReadOnlyList<HistoryRecord> Records
    {
        get
        {
            lock (_lock)
            {
                return [.. _records];
            }
        }
    }

    /// <summary>What came after the first so many.</summary>
    public IReadOnlyList<HistoryRecord> From(int at)
    {
        lock (_lock)
        {
            return _records[at..];
        }
    }

    /// <summary>Takes a record.</summary>
    public void Add(HistoryRecord record)
    {
        lock (_lock)
        {
            if (record is Operation operation)
            {
                record = operation with { Id = ++_ids };
                if (operation is { Outcome: Outcome.Ok, Consistency: null })
                {
                    Interlocked.Increment(ref _acknowledged);
                }
            }

            _records.Add(record);
            JsonSerializer.Serialize(_file, record, HistoryJson.Default.HistoryRecord);
            _file.WriteByte((byte)'\n');
        }
    }

    /// <summary>Reads one back.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="HarnessException">It is no history of this format.</exception>
    public static IReadOnlyList<HistoryRecord> Read(string path)
    {
        var records = new List<HistoryRecord>();
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            try
            {
                records.Add(JsonSerializer.Deserialize(line, HistoryJson.Default.HistoryRecord)!);
            }
            catch (Exception malformed) when (malformed is JsonException or NotSupportedException)
            {
                throw new HarnessException($"{path}, line {number}: {malformed.Message}");
            }
        }

        return records is [RunRecord { Format: RunRecord.CurrentFormat }, ..]
            ? records
            : throw new HarnessException($"{path} does not begin with a run of format {RunRecord.CurrentFormat}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _file.Dispose();
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    AllowOutOfOrderMetadataProperties = true)]
[JsonSerializable(typeof(HistoryRecord))]
internal sealed partial class HistoryJson : JsonSerializerContext;
