using System.Collections.Concurrent;

namespace RaftCluster.Tests.EndToEnd.Writing;

/// <summary>Every write that was tried, each of a key of its own, kept outside the nodes that are killed.</summary>
internal sealed class Ledger
{
    private readonly ConcurrentDictionary<string, Entry> _entries = [];
    private long _acknowledged;

    /// <summary>A write.</summary>
    public sealed record Entry(string Key, string Value, WriteResult Result);

    /// <summary>All of them.</summary>
    public IReadOnlyCollection<Entry> Entries => [.. _entries.Values];

    /// <summary>How many were acknowledged so far.</summary>
    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    /// <summary>The token of the newest acknowledged write.</summary>
    public WriteResult.Acknowledged Newest =>
        _entries.Values.Select(entry => entry.Result).OfType<WriteResult.Acknowledged>().MaxBy(done => done.Revision)
        ?? throw new InvalidOperationException("nothing was acknowledged");

    /// <summary>Notes a write.</summary>
    public void Add(string key, string value, WriteResult result)
    {
        Assert.True(_entries.TryAdd(key, new Entry(key, value, result)), $"the test wrote {key} twice");
        if (result is WriteResult.Acknowledged)
        {
            Interlocked.Increment(ref _acknowledged);
        }
    }

    /// <summary>The numbers, for people.</summary>
    public override string ToString()
    {
        var all = Entries;
        int Count<T>() => all.Count(entry => entry.Result is T);
        return $"{Count<WriteResult.Acknowledged>()} acknowledged, {Count<WriteResult.Refused>()} refused, {Count<WriteResult.Unknown>()} unknown, {Count<WriteResult.Fault>()} faults";
    }
}
