using System.Collections.Immutable;
using System.Text;

namespace RaftCluster.Tests.EndToEnd.Model;

/// <summary>What the product is meant to be, in the fewest words: rows by key, one revision a change, and all history.</summary>
internal sealed class Store
{
    private static readonly ImmutableSortedDictionary<string, ModelRow> Empty =
        ImmutableSortedDictionary.Create<string, ModelRow>(Comparer<string>.Create(
            static (a, b) => Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b))));

    private readonly List<ImmutableSortedDictionary<string, ModelRow>> _history = [Empty];

    /// <summary>The revision.</summary>
    public long Revision => _history.Count - 1;

    /// <summary>The rows in the order of their keys' bytes.</summary>
    public ImmutableSortedDictionary<string, ModelRow> Rows => _history[^1];

    /// <summary>The rows at a revision.</summary>
    public ImmutableSortedDictionary<string, ModelRow> At(long revision) => _history[(int)revision];

    /// <summary>A row; null when there is none.</summary>
    public ModelRow? Get(string key) => Rows.GetValueOrDefault(key);

    /// <summary>Writes a row.</summary>
    public ModelRow Put(string key, string value)
    {
        var (revision, before) = (Revision + 1, Get(key));
        var row = new ModelRow(value, revision, before?.Created ?? revision, (before?.Version ?? 0) + 1);
        _history.Add(Rows.SetItem(key, row));
        return row;
    }

    /// <summary>Removes rows.</summary>
    /// <returns>How many there were.</returns>
    public int Delete(Func<string, bool> which)
    {
        var doomed = Rows.Keys.Where(which).ToList();
        if (doomed.Count > 0)
        {
            _history.Add(Rows.RemoveRange(doomed));
        }

        return doomed.Count;
    }
}

/// <summary>A row of the model.</summary>
internal sealed record ModelRow(string Value, long Revision, long Created, long Version)
{
    /// <summary>Its entity tag.</summary>
    public string Tag => $"\"{Revision}\"";
}
