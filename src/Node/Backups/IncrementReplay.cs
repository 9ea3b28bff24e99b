using System.Buffers.Binary;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Replay;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Node.Backups;

/// <summary>Reads what <see cref="IncrementEncoder"/> wrote, and applies it to a store, or only checks that it is whole.</summary>
internal sealed class IncrementReplay(BackupReader source, HistoryReplay? target, long upTo = long.MaxValue)
{
    private byte[] _piece = [];
    private int _at;

    /// <summary>Goes through all of it, and applies it up to the revision where it is to stop.</summary>
    /// <exception cref="BackupException">It is damaged, or does not go on what the store holds.</exception>
    /// <exception cref="StorageException">The disk failed.</exception>
    public void Run()
    {
        var header = source.Header;
        var (reached, goesOn) = (header.Since!.Value, true);
        while (true)
        {
            switch (Byte())
            {
                case IncrementEncoder.Transaction:
                    var transaction = new RecordedTransaction(Int64(), Int64(), Int64(), Int64());
                    if (transaction.Revision != reached + 1)
                    {
                        throw Malformed($"revision {transaction.Revision} where {reached + 1} should stand");
                    }

                    reached++;
                    goesOn &= reached <= upTo;
                    Transaction(transaction, applies: goesOn && target is not null && reached > target.Position.Revision);
                    break;
                case IncrementEncoder.Outcome:
                    var outcome = new KeptOutcomeRecord(Int64(), Bytes(UInt16()), Bytes(UInt32()));
                    target?.Keep(outcome);
                    break;
                case IncrementEncoder.FirstOutcome:
                    var first = new KeptOutcomeRecord(Int64(), Bytes(UInt16()), default);
                    End(reached, goesOn, first);
                    return;
                case IncrementEncoder.NoOutcome:
                    End(reached, goesOn, first: null);
                    return;
                case var other:
                    throw Malformed($"a record of kind {other}");
            }
        }
    }

    private void End(long reached, bool goesOn, KeptOutcomeRecord? first)
    {
        var header = source.Header;
        if (reached != header.Revision || _at < _piece.Length || source.NextPiece() is not null)
        {
            throw Malformed($"it ends at revision {reached}, and should at {header.Revision} and with its last byte");
        }

        if (target is null)
        {
            return;
        }

        if (!goesOn)
        {
            target.Stop();
            return;
        }

        target.ForgetBefore(first);
        target.End(header.Position, header.OldestRevision);
    }

    private void Transaction(in RecordedTransaction transaction, bool applies)
    {
        if (applies)
        {
            target!.Begin(transaction);
        }

        for (var left = UInt32(); left > 0; left--)
        {
            var operation = (ChangeOperation)Byte();
            var (table, key) = (Bytes(Byte()), Bytes(UInt16()));
            switch (operation)
            {
                case ChangeOperation.Insert or ChangeOperation.Update:
                    var (created, version, lease) = (Int64(), Int64(), Int64());
                    var (contentType, value) = (Bytes(Byte()), Bytes(UInt32()));
                    if (applies)
                    {
                        target!.Write(operation, table, key, new RecordedVersion(created, version, lease), contentType, value);
                    }

                    break;
                case ChangeOperation.Delete:
                    if (applies)
                    {
                        target!.Remove(table, key);
                    }

                    break;
                default:
                    throw Malformed($"operation {(byte)operation}");
            }
        }

        if (applies)
        {
            target!.Complete();
        }
    }

    private BackupException Malformed(string what) => source.Damage(source.At, $"before it an increment holds {what}");

    private byte Byte()
    {
        Span<byte> bytes = stackalloc byte[1];
        Fill(bytes);
        return bytes[0];
    }

    private int UInt16()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ushort)];
        Fill(bytes);
        return BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    private long UInt32()
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        Fill(bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    private long Int64()
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        Fill(bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }

    private byte[] Bytes(long count)
    {
        if (count > int.MaxValue / 2)
        {
            throw Malformed($"a value of {count} bytes");
        }

        var bytes = new byte[count];
        Fill(bytes);
        return bytes;
    }

    private void Fill(Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_at == _piece.Length)
            {
                _piece = source.NextPiece() ?? throw Malformed("less than it says");
                _at = 0;
            }

            var part = Math.Min(bytes.Length, _piece.Length - _at);
            _piece.AsSpan(_at, part).CopyTo(bytes);
            _at += part;
            bytes = bytes[part..];
        }
    }
}
