using RaftCluster.Node.Http.Leases;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>A put of a row that goes when its lease ends: <c>?ttl=30s</c> makes one for it, <c>?lease=ID</c> names one.</summary>
internal sealed class LeasedPut(
    string table, byte[] key, ReadOnlyMemory<byte> value, string? contentType, LeaseTerm lease, Precondition when)
    : PlainWrite(Encode(table, key, value, contentType, lease, when))
{
    /// <summary>The parameters that make a put one of these.</summary>
    public static readonly string[] Parameters = ["ttl", "lease"];

    /// <summary>Reads the lease that a request asks for.</summary>
    /// <param name="call">The request.</param>
    /// <param name="lease">The lease; default for none.</param>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public static Problem? Read(Call call, out LeaseTerm lease)
    {
        lease = default;
        var (ttl, id) = (call.Query.Take("ttl"), call.Query.Take("lease"));
        if (ttl is not null && id is not null)
        {
            return Problem.Malformed("lease", "ttl and lease are both stated: a new lease or one that is there?");
        }

        if (ttl is not null)
        {
            var problem = LeasePath.ReadTtl(ttl, out var milliseconds);
            lease = new LeaseTerm(0, milliseconds);
            return problem;
        }

        var number = id is null ? 0 : Numbers.Read(id, 1, long.MaxValue);
        lease = new LeaseTerm(number ?? 0, 0);
        return number is null ? Problem.Malformed("lease", "lease is no lease: a whole number from 1 is expected") : null;
    }

    /// <inheritdoc/>
    public override ValueTask ShowAsync(Call call, Outcome outcome)
    {
        switch (outcome)
        {
            case Outcome.Transacted { Succeeded: true, Results: [OperationResult.Written written] }:
                return RowAnswers.WrittenAsync(call, outcome.Revision, written.Version, written.Lease);
            case Outcome.Transacted { Succeeded: false, Results: [OperationResult.Ranged found] }:
                return call.RefuseAsync(Refusals.Precondition(
                    call.Terms, outcome.Revision, found.Rows is [var row] ? row.Revision : 0));
            default:
                throw new InvariantException($"no answer for {outcome}");
        }
    }

    /// <inheritdoc/>
    public override string? FieldOf(Outcome.Failed failed) => Refusals.LeaseField(failed);

    private static byte[] Encode(
        string table, byte[] key, ReadOnlyMemory<byte> value, string? contentType, LeaseTerm lease, Precondition when)
    {
        // When the condition does not hold, the row's revision is answered, for which its value need not be read.
        var found = new Operation.Range(table, key, (byte[])[.. key, 0], Limit: 1, KeysOnly: true);
        return EntryCodec.EncodeTransaction(new Transaction(
            [],
            Condition.From(table, key, when) is { } condition ? [condition] : [],
            [new Operation.Put(table, key, value, contentType, lease)],
            [found]));
    }
}
