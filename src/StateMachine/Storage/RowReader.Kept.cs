using System.Buffers.Binary;
using RaftCluster.StateMachine.Replay;

namespace RaftCluster.StateMachine.Storage;

/// <summary>The outcomes kept under idempotency keys.</summary>
internal sealed partial class RowReader
{
    public IEnumerable<KeptOutcomeRecord> KeptSince(long time)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return WalkKept(time);
    }

    private IEnumerable<KeptOutcomeRecord> WalkKept(long time)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var cursor = picture.Walk(Family.Keys, KeptRecords.OrderOf(time, []), KeptRecords.EndOfOrder);
        _walks.Add(cursor);
        try
        {
            for (var stands = cursor.First(); stands; stands = cursor.Next())
            {
                yield return Read(cursor);
            }
        }
        finally
        {
            _walks.Remove(cursor);
            cursor.Dispose();
        }
    }

    private KeptOutcomeRecord Read(Cursor cursor)
    {
        var (time, key) = (BinaryPrimitives.ReadInt64BigEndian(cursor.Key[1..]), cursor.Key[(1 + sizeof(long))..].ToArray());
        using var stored = picture.Database.Get(Family.Keys, KeptRecords.KeyOf(key), picture.ReadOptions);
        Invariant.Holds(stored.Found, "what the order of the kept outcomes names is kept");
        return new KeptOutcomeRecord(time, key, stored.Bytes.ToArray());
    }
}
