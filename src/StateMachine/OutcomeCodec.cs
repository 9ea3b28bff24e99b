using RaftCluster.StateMachine.Transactions;

namespace RaftCluster.StateMachine;

/// <summary>
/// Outcomes as bytes, as they are kept under idempotency keys. All numbers are little-endian.
/// <code>
/// outcome = format:u8 (1), kind:u8, revision:i64, by kind:
///   written (1)    = version:i64
///   deleted (2)    = count:i64
///   absent (3)     =
///   refused (4)    = row's revision:i64
///   transacted (5) = succeeded:u8, count:u16, result × count (see <see cref="ResultCodec"/>)
///   failed (6)     = failure kind:u8, operation:i32 as u32, in else:u8, length:u16, detail
///   fenced (7)     = length:u16, lock name, fence:i64
/// </code>
/// </summary>
public static class OutcomeCodec
{
    /// <summary>The format this code writes. It reads every format up to this one.</summary>
    public const byte Format = 1;

    private enum Kind : byte
    {
        Written = 1,
        Deleted = 2,
        Absent = 3,
        Refused = 4,
        Transacted = 5,
        Failed = 6,
        Fenced = 7,
    }

    /// <summary>Writes an outcome.</summary>
    /// <param name="outcome">Any but <see cref="Outcome.Replayed"/> and <see cref="Outcome.KeyReused"/>, which are not kept.</param>
    public static byte[] Encode(Outcome outcome)
    {
        var writer = new ByteWriter();
        writer.U8(Format);
        writer.U8((byte)KindOf(outcome));
        writer.I64(outcome.Revision);
        switch (outcome)
        {
            case Outcome.Written written:
                writer.I64(written.Version);
                break;
            case Outcome.Deleted deleted:
                writer.I64(deleted.Count);
                break;
            case Outcome.Refused refused:
                writer.I64(refused.RowRevision);
                break;
            case Outcome.Transacted transacted:
                writer.Flag(transacted.Succeeded);
                writer.U16(transacted.Results.Length, "results");
                foreach (var result in transacted.Results)
                {
                    ResultCodec.Write(writer, result);
                }

                break;
            case Outcome.Failed failed:
                writer.U8((byte)failed.Kind);
                writer.U32((uint)failed.Operation);
                writer.Flag(failed.InElse);
                writer.Text(failed.Detail, ushort.MaxValue, "a failure is told in a few words");
                break;
            case Outcome.Fenced fenced:
                writer.Text(fenced.Lock, EntryCodec.MaximumKeyLength, "a lock's name is within its limits");
                writer.I64(fenced.Fence);
                break;
        }

        return writer.ToArray();
    }

    /// <summary>Reads an outcome.</summary>
    /// <exception cref="InvariantException">It is damaged, or a newer version of this code wrote it.</exception>
    public static Outcome Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new SpanReader(bytes, "outcome");
        reader.Require(reader.U8("format") == Format, "format is unknown: a newer version wrote it, or it is damaged");
        var kind = (Kind)reader.U8("kind");
        var revision = reader.I64("revision");
        Outcome? outcome = kind switch
        {
            Kind.Written => new Outcome.Written(revision, reader.I64("version")),
            Kind.Deleted => new Outcome.Deleted(revision, reader.I64("count")),
            Kind.Absent => new Outcome.Absent(revision),
            Kind.Refused => new Outcome.Refused(revision, reader.I64("row's revision")),
            Kind.Transacted => ReadTransacted(ref reader, revision),
            Kind.Failed => ReadFailed(ref reader, revision),
            Kind.Fenced => new Outcome.Fenced(
                revision, reader.Text(EntryCodec.MaximumKeyLength, "lock name"), reader.I64("fence")),
            _ => null,
        };
        reader.Require(outcome is not null, "kind is unknown");
        reader.Require(reader.AtEnd, "bytes follow");
        return outcome;
    }

    private static Kind KindOf(Outcome outcome) => outcome switch
    {
        Outcome.Written => Kind.Written,
        Outcome.Deleted => Kind.Deleted,
        Outcome.Absent => Kind.Absent,
        Outcome.Refused => Kind.Refused,
        Outcome.Transacted => Kind.Transacted,
        Outcome.Failed => Kind.Failed,
        Outcome.Fenced => Kind.Fenced,
        _ => throw new InvariantException($"no encoding for {outcome.GetType().Name}"),
    };

    private static Outcome.Transacted ReadTransacted(scoped ref SpanReader reader, long revision)
    {
        var succeeded = reader.Flag("succeeded");
        var results = new OperationResult[reader.U16("result count")];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = ResultCodec.Read(ref reader);
        }

        return new Outcome.Transacted(revision, succeeded, [.. results]);
    }

    private static Outcome.Failed ReadFailed(scoped ref SpanReader reader, long revision)
    {
        var kind = (FailureKind)reader.U8("failure kind");
        reader.Require(Enum.IsDefined(kind), "failure kind is unknown");
        var operation = (int)reader.U32("operation");
        var inElse = reader.Flag("in else");
        return new Outcome.Failed(revision, kind, operation, reader.Text(ushort.MaxValue, "detail"), inElse);
    }
}
