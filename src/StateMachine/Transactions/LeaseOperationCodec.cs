using System.Collections.Immutable;

namespace RaftCluster.StateMachine.Transactions;

/// <summary>The operations on leases and locks; <see cref="OperationCodec"/> says their bytes.</summary>
internal static class LeaseOperationCodec
{
    private const string NameLimit = "a lock's name is within its limits";
    private const string OwnerLimit = "an owner is within its limit";

    public static void Write(ByteWriter writer, Operation operation)
    {
        switch (operation)
        {
            case Operation.GrantLease grant:
                WriteTtl(writer, grant.TtlMs);
                WriteOwner(writer, grant.Owner ?? "");
                break;
            case Operation.EndLeases end:
                Invariant.Holds(end.Term >= 0, "a term is none or one");
                writer.I64(end.Term);
                writer.U32((uint)end.Ids.Length);
                foreach (var id in end.Ids)
                {
                    writer.I64(id);
                }

                break;
            case Operation.AcquireLock acquire:
                writer.U8(OperationCodec.Flags(acquire.Queue, !acquire.Guards.IsDefault));
                WriteName(writer, acquire.Name);
                WriteOwner(writer, acquire.Owner);
                WriteTtl(writer, acquire.TtlMs);
                WriteGuards(writer, acquire.Guards);
                break;
            case Operation.ReleaseLock release:
                Invariant.Holds(release.Fence >= 0, "a fence is none or one");
                writer.U8(OperationCodec.Flags(release.Owner is not null, release.Force, release.DropGuard));
                WriteName(writer, release.Name);
                if (release.Owner is not null)
                {
                    WriteOwner(writer, release.Owner);
                }

                writer.I64(release.Fence);
                break;
            case Operation.LeaveQueue leave:
                WriteName(writer, leave.Name);
                WriteOwner(writer, leave.Owner);
                break;
            default:
                throw new InvariantException($"no encoding for {operation.GetType().Name}");
        }
    }

    public static Operation Read(scoped ref SpanReader reader, OperationKind kind)
    {
        switch (kind)
        {
            case OperationKind.GrantLease:
                var ttl = ReadTtl(ref reader);
                var grantedTo = ReadOwner(ref reader);
                return new Operation.GrantLease(ttl, grantedTo.Length == 0 ? null : grantedTo);
            case OperationKind.EndLeases:
                return ReadEnd(ref reader);
            case OperationKind.AcquireLock:
                var flags = OperationCodec.ReadFlags(ref reader, 2);
                return new Operation.AcquireLock(
                    ReadName(ref reader),
                    ReadOwner(ref reader),
                    ReadTtl(ref reader),
                    (flags & 1) != 0,
                    (flags & 2) != 0 ? ReadGuards(ref reader) : default);
            case OperationKind.ReleaseLock:
                return ReadRelease(ref reader);
            case OperationKind.LeaveQueue:
                return new Operation.LeaveQueue(ReadName(ref reader), ReadOwner(ref reader));
            default:
                reader.Require(false, "operation kind is unknown");
                return null!;
        }
    }

    private static Operation.EndLeases ReadEnd(scoped ref SpanReader reader)
    {
        var term = reader.I64("term");
        reader.Require(term >= 0, "term is negative");
        var ids = reader.Slice(checked(8u * Math.Min(reader.U32("lease count"), int.MaxValue / 8)), "lease ids");
        var builder = ImmutableArray.CreateBuilder<long>(ids.Length / 8);
        for (; !ids.IsEmpty; ids = ids[8..])
        {
            builder.Add(System.Buffers.Binary.BinaryPrimitives.ReadInt64LittleEndian(ids));
        }

        return new Operation.EndLeases(builder.MoveToImmutable(), term);
    }

    private static Operation.ReleaseLock ReadRelease(scoped ref SpanReader reader)
    {
        var flags = OperationCodec.ReadFlags(ref reader, 3);
        var name = ReadName(ref reader);
        var owner = (flags & 1) != 0 ? ReadOwner(ref reader) : null;
        var fence = reader.I64("fence");
        reader.Require(fence >= 0, "fence is negative");
        return new Operation.ReleaseLock(name, owner, fence, (flags & 2) != 0, (flags & 4) != 0);
    }

    private static void WriteGuards(ByteWriter writer, ImmutableArray<Guard> guards)
    {
        if (guards.IsDefault)
        {
            return;
        }

        writer.U16(guards.Length, "a lock's guards are within their limit");
        foreach (var guard in guards)
        {
            OperationCodec.WriteTable(writer, guard.Table);
            writer.Text(guard.Prefix, EntryCodec.MaximumKeyLength, "a guard's prefix is within a key's limit");
        }
    }

    private static ImmutableArray<Guard> ReadGuards(scoped ref SpanReader reader)
    {
        var count = reader.U16("guard count");
        var guards = ImmutableArray.CreateBuilder<Guard>();
        for (var i = 0; i < count; i++)
        {
            guards.Add(new Guard(OperationCodec.ReadTable(ref reader), reader.Text(EntryCodec.MaximumKeyLength, "prefix")));
        }

        return guards.ToImmutable();
    }

    private static void WriteTtl(ByteWriter writer, long ttlMs)
    {
        Invariant.Holds(ttlMs >= 1, "a lease lasts");
        writer.I64(ttlMs);
    }

    private static long ReadTtl(scoped ref SpanReader reader)
    {
        var ttl = reader.I64("lease time");
        reader.Require(ttl >= 1, "lease time is below 1");
        return ttl;
    }

    private static void WriteName(ByteWriter writer, string name)
    {
        Invariant.Holds(name.Length >= 1, NameLimit);
        writer.Text(name, EntryCodec.MaximumKeyLength, NameLimit);
    }

    private static string ReadName(scoped ref SpanReader reader)
    {
        var name = reader.Text(EntryCodec.MaximumKeyLength, "lock name");
        reader.Require(name.Length >= 1, "lock name is empty");
        return name;
    }

    private static void WriteOwner(ByteWriter writer, string owner) =>
        writer.Text(owner, EntryCodec.MaximumOwnerLength, OwnerLimit);

    private static string ReadOwner(scoped ref SpanReader reader) => reader.Text(EntryCodec.MaximumOwnerLength, "owner");
}
