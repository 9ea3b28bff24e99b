using System.Collections.Immutable;
using System.Text;
using RaftCluster.Node.Http.Leases;
using RaftCluster.Node.Tables;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http.Locks;

/// <summary>Reads what a request for a lock asks.</summary>
internal static class LockRequest
{
    private const string DefaultTtl = "10s";
    private const int MostGuards = 16;

    /// <summary>Reads it, and settles who the owner is when the request does not say.</summary>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public static Problem? Read(Call call, out Operation.AcquireLock acquire, out TimeSpan wait)
    {
        var terms = call.Terms;
        wait = terms.WaitParameter ?? TimeSpan.Zero;
        var problem = LockPath.Read(call, out var name);
        var unclear = LeasePath.ReadTtl(call.Query.Take("ttl") ?? DefaultTtl, out var ttl);
        problem ??= unclear;
        var owner = call.Query.Take("owner");
        problem ??= owner is null ? null : LeasePath.CheckOwner(owner);
        unclear = ReadGuards(call, out var guards);
        problem ??= unclear ?? call.Query.RefuseRest("ttl", "owner", "guard", "guard-table") ?? LeasePath.RefuseTerms(terms);
        if (problem is null && terms.WaitParameter is not null && !terms.IsForwarded)
        {
            // The wait is for the lock; what must be committed besides has its own time.
            var both = wait + call.Api.Options.Wait;
            terms.Wait = both < RequestTerms.LongestWait ? both : RequestTerms.LongestWait;
        }

        acquire = new Operation.AcquireLock(
            name, owner ?? (problem is null ? NewOwner(call) : ""), ttl, Queue: wait > TimeSpan.Zero, guards);
        return problem;
    }

    /// <summary>
    /// A request that names no owner has one of its own, by which it finds its place again: from its key, which comes again
    /// with it, or made here and sent along to the leader.
    /// </summary>
    private static string NewOwner(Call call)
    {
        if (call.Terms.IdempotencyKey is { } key)
        {
            return key;
        }

        var owner = Guid.CreateVersion7(call.Api.Time.GetUtcNow()).ToString();
        call.Add("owner", owner);
        return owner;
    }

    private static Problem? ReadGuards(Call call, out ImmutableArray<Guard> guards)
    {
        var prefixes = call.Query.TakeAll("guard");
        var table = call.Query.Take("guard-table");
        guards = [.. prefixes.Select(prefix => new Guard(table ?? TableNames.KeyValue, prefix)).Distinct()];
        if (table is not null && prefixes.Count == 0)
        {
            return Problem.Malformed("guard-table", "guard-table needs guard: what the keys of that table begin with");
        }

        if (table is not null && table != TableNames.KeyValue && !TableNames.IsValid(table))
        {
            return Problem.Malformed("guard-table", $"guard-table is no table of users: {TableNames.Form}");
        }

        if (prefixes.Count > MostGuards)
        {
            return Problem.Malformed("guard", $"guard is stated more than {MostGuards} times");
        }

        return prefixes.Any(prefix => Encoding.UTF8.GetByteCount(prefix) > EntryCodec.MaximumKeyLength)
            ? Problem.Malformed("guard", $"guard has at most {EntryCodec.MaximumKeyLength} bytes, as a key has")
            : null;
    }
}
