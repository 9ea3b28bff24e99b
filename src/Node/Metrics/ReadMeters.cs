using Prometheus;
using RaftCluster.Node.Consistency;
using RaftCluster.Node.Http;

namespace RaftCluster.Node.Metrics;

/// <summary>Counts reads at the gate, and how far behind they were that passed it.</summary>
internal sealed class ReadMeters
{
    private static readonly string[] _levels = [.. Enum.GetValues<ReadConsistency>().Select(level => level.ToString().ToLowerInvariant())];
    private static readonly string[] _passages = ["open", "no_leader", "not_caught_up"];
    private static readonly string[] _results = ["answered", "nothing_done", "unknown"];

    private readonly ICounter[] _passed;
    private readonly IHistogram[] _waits;
    private readonly IHistogram[] _staleness;
    private readonly ICounter[] _forwarded;

    public ReadMeters(Sheet sheet)
    {
        _passed = [.. _levels.SelectMany(level => _passages.Select(passage => sheet.Counter(Series.ReadGate, level, passage)))];
        _waits = [.. _levels.Select(level => sheet.Histogram(Series.ReadGateWait, level))];
        _staleness = [.. _levels.Select(level => sheet.Histogram(Series.ReadStaleness, level))];
        _forwarded = [.. _results.Select(result => sheet.Counter(Series.Forwards, result))];
    }

    /// <summary>A read asked at the gate.</summary>
    /// <param name="level">How fresh it wants the copy.</param>
    /// <param name="passage">What the gate said.</param>
    /// <param name="waited">How long that took.</param>
    public void Asked(ReadConsistency level, Passage passage, TimeSpan waited)
    {
        _passed[((int)level * _passages.Length) + (int)passage].Inc();
        _waits[(int)level].Observe(waited.TotalSeconds);
    }

    /// <summary>A read that need not wait passed.</summary>
    public void Passed(ReadConsistency level) => _passed[(int)level * _passages.Length].Inc();

    /// <summary>A read was served by this node that may be behind.</summary>
    /// <param name="level">How fresh it wanted the copy.</param>
    /// <param name="staleness">How far behind the copy was at most; null when nobody knows.</param>
    public void Served(ReadConsistency level, TimeSpan? staleness)
    {
        if (staleness is { } behind)
        {
            _staleness[(int)level].Observe(behind.TotalSeconds);
        }
    }

    /// <summary>A request was sent on to the leader.</summary>
    public void Forwarded(Forwarded result) => _forwarded[(int)result].Inc();
}
