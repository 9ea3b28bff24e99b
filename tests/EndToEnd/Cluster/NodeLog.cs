using System.Globalization;

namespace RaftCluster.Tests.EndToEnd.Cluster;

/// <summary>The last lines a node wrote, with what was done to it in between.</summary>
internal sealed class NodeLog
{
    private const int MostLines = 2_000;

    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = new();
    private readonly List<string> _errors = [];

    /// <summary>What it wrote to standard error, over all its lives.</summary>
    public IReadOnlyList<string> Errors
    {
        get
        {
            lock (_gate)
            {
                return [.. _errors];
            }
        }
    }

    /// <summary>Says what was done to the node.</summary>
    public void Mark(string what) =>
        Add(string.Create(CultureInfo.InvariantCulture, $"---- {DateTime.UtcNow:HH:mm:ss.fff} {what}"));

    /// <summary>Takes a line; null is the end of the output.</summary>
    public void Add(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_gate)
        {
            _lines.Enqueue(line);
            if (_lines.Count > MostLines)
            {
                _lines.Dequeue();
            }
        }
    }

    /// <summary>Takes a line of standard error; null is the end of the output.</summary>
    public void AddError(string? line)
    {
        Add(line);
        if (!string.IsNullOrEmpty(line))
        {
            lock (_gate)
            {
                _errors.Add(line);
            }
        }
    }

    /// <summary>The last lines.</summary>
    public string Tail(int count)
    {
        lock (_gate)
        {
            return string.Join('\n', _lines.TakeLast(count));
        }
    }
}
