using System.Text;

namespace RaftCluster.StateMachine.Storage;

/// <summary>The change log, and the tables.</summary>
internal sealed partial class RowReader
{
    public IChangeWalk Changes(ChangePlace from)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Invariant.Holds(from.Revision >= picture.Floor, "changes that are read have not been compacted");
        var walk = new ChangeWalk(picture, from);
        _walks.Add(walk);
        return walk;
    }

    public IReadOnlyList<string> Tables()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var tables = new SortedSet<byte[]>(Comparer<byte[]>.Create((left, right) => left.AsSpan().SequenceCompareTo(right)));
        // What was all removed since has its rows in history alone.
        Collect(Family.Rows, tables);
        Collect(Family.History, tables);
        return [.. tables.Select(prefix => Encoding.UTF8.GetString(prefix.AsSpan(1)))];
    }

    /// <summary>Goes from table to table: one look each, whatever they hold.</summary>
    private void Collect(Family family, SortedSet<byte[]> tables)
    {
        Span<byte> sought = stackalloc byte[RowKey.MaximumPrefixLength];
        using var cursor = picture.Walk(family, [], []);
        for (var stands = cursor.First(); stands;)
        {
            var prefix = cursor.Key[..(1 + cursor.Key[0])];
            tables.Add(prefix.ToArray());
            prefix.CopyTo(sought);
            var beyond = sought[..prefix.Length];
            RowKey.MakeSuccessor(beyond);
            stands = cursor.AtOrAfter(beyond);
        }
    }
}
