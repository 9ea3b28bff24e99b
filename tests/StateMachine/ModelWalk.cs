using System.Text;
using RaftCluster.StateMachine;

namespace RaftCluster.Tests.StateMachine;

/// <summary>What a transaction did to a row, as the model keeps it.</summary>
internal sealed record ModelChange(string Table, byte[] Key, Row? Before, Row? After);

/// <summary>What a transaction did.</summary>
internal sealed record ModelChanges(long Revision, long Term, long Index, long Time, ModelChange[] Changes);

/// <summary>Walks the model's changes. An offset is a number of changes.</summary>
internal sealed class ModelWalk(ModelChanges[] all, int offset) : IChangeWalk
{
    private int _at = -1;
    private int _change = offset - 1;

    public ChangePlace Place => new(Revision, _change + 1);

    public long Revision => Here.Revision;

    public long Term => Here.Term;

    public long Index => Here.Index;

    public long Time => Here.Time;

    public long Count => Here.Changes.Length;

    public int Length => Here.Changes.Length;

    public ChangeOperation Operation => (Change.Before, Change.After) switch
    {
        (null, _) => ChangeOperation.Insert,
        (_, null) => ChangeOperation.Delete,
        _ => ChangeOperation.Update,
    };

    public ReadOnlySpan<byte> Table => Encoding.UTF8.GetBytes(Change.Table);

    public ReadOnlySpan<byte> Key => Change.Key;

    private ModelChanges Here => all[_at];

    private ModelChange Change => Here.Changes[_change];

    public bool NextTransaction()
    {
        _change = _at < 0 ? _change : -1;
        return ++_at < all.Length;
    }

    public bool NextChange() => ++_change < Here.Changes.Length;

    public void Rewind() => _change = -1;

    public Row? ReadBefore() => Change.Before;

    public Row? ReadAfter() => Change.After;

    public void Dispose()
    {
    }
}
