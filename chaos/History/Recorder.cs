using System.Collections.Concurrent;
using System.Text.Json;

namespace RaftCluster.Chaos.History;

/// <summary>Every write that was tried, kept outside the nodes.</summary>
internal sealed class Recorder
{
    private readonly ConcurrentQueue<WriteOperation> _operations = [];
    private long _acknowledged;

    /// <summary>All so far.</summary>
    public IReadOnlyList<WriteOperation> Operations => [.. _operations];

    /// <summary>How many were acknowledged so far.</summary>
    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    /// <summary>Notes one.</summary>
    public void Add(WriteOperation operation)
    {
        _operations.Enqueue(operation);
        if (operation.Outcome is WriteOutcome.Acknowledged)
        {
            Interlocked.Increment(ref _acknowledged);
        }
    }

    /// <summary>Writes them down, one JSON object a line, so that another checker can judge them too.</summary>
    public async Task SaveAsync(string path)
    {
        await using var file = File.Create(path);
        foreach (var operation in _operations)
        {
            (string, long?, string?) told = operation.Outcome switch
            {
                WriteOutcome.Acknowledged done => ("acknowledged", done.Revision, null),
                WriteOutcome.Refused refused => ("refused", null, refused.Why),
                WriteOutcome.Unknown unknown => ("unknown", null, unknown.Why),
                WriteOutcome.Fault fault => ("fault", null, fault.Why),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
            var (outcome, revision, why) = told;
            await JsonSerializer.SerializeAsync(
                file,
                new
                {
                    operation.Key,
                    operation.Value,
                    operation.IsOnly,
                    operation.Node,
                    operation.Begun,
                    operation.Ended,
                    outcome,
                    revision,
                    why,
                },
                JsonSerializerOptions.Web);
            file.WriteByte((byte)'\n');
        }
    }
}
