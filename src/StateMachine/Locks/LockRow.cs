using System.Collections.Immutable;
using System.Text.Json;

namespace RaftCluster.StateMachine.Locks;

/// <summary>
/// A lock, as its row in <see cref="SystemTables.Locks"/> says. Whoever holds it, or waits for it, has a lease for that.
/// <code>
/// {"guard":[{"table":"kv","prefix":"jobs/"}],"fence":31,"owner":"a","lease":31,"since":1764107100123456,
///  "waiters":[{"owner":"b","lease":33,"since":1764107100223456,"guard":[…]}]}
/// </code>
/// Without a holder, <c>owner</c>, <c>lease</c> and <c>since</c> are missing; a waiter without guards of its own has no
/// <c>guard</c>. A lock with neither guard nor holder has no row.
/// </summary>
/// <param name="Guards">The keys that only its holder may write.</param>
/// <param name="Fence">The number of the last holding: the revision that began it.</param>
/// <param name="Holder">Who holds it; null for nobody.</param>
/// <param name="Waiters">Who waits, in the order they are served; nobody waits for a lock that nobody holds.</param>
public sealed record LockRow(ImmutableArray<Guard> Guards, long Fence, LockHolder? Holder, ImmutableArray<LockWaiter> Waiters)
{
    /// <summary>The most that may wait for one lock.</summary>
    public const int MaximumWaiters = 1024;

    /// <summary>The most guards that one lock may have, with those its waiters ask for.</summary>
    public const int MaximumGuards = 64;

    /// <summary>The longest row that somebody who comes to wait may make, in bytes.</summary>
    public const int MaximumLength = 256 << 10;

    /// <summary>A lock that nobody has asked for yet.</summary>
    public static LockRow Free { get; } = new([], 0, null, []);

    /// <summary>Reads a row's value.</summary>
    /// <exception cref="InvariantException">The state machine did not write it.</exception>
    public static LockRow Read(ReadOnlySpan<byte> value)
    {
        try
        {
            var json = new Utf8JsonReader(value);
            var row = JsonElement.ParseValue(ref json);
            return new LockRow(
                GuardsOf(row),
                row.GetProperty("fence").GetInt64(),
                row.TryGetProperty("owner", out var owner)
                    ? new LockHolder(owner.GetString()!, row.GetProperty("lease").GetInt64(), row.GetProperty("since").GetInt64())
                    : null,
                [.. row.GetProperty("waiters").EnumerateArray().Select(waiter => new LockWaiter(
                    waiter.GetProperty("owner").GetString()!,
                    waiter.GetProperty("lease").GetInt64(),
                    waiter.GetProperty("since").GetInt64(),
                    GuardsOf(waiter)))]);
        }
        catch (Exception malformed) when (malformed is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvariantException($"a lock's row is malformed: {malformed.Message}");
        }
    }

    /// <summary>The row's value.</summary>
    public byte[] ToJson()
    {
        var json = new RowJson();
        json.Begin('{');
        Write(json, Guards);
        json.Member("fence", Fence);
        if (Holder is { } holder)
        {
            json.Member("owner", holder.Owner);
            json.Member("lease", holder.Lease);
            json.Member("since", holder.Since);
        }

        json.Begin('[', "waiters");
        foreach (var waiter in Waiters)
        {
            json.Begin('{');
            json.Member("owner", waiter.Owner);
            json.Member("lease", waiter.Lease);
            json.Member("since", waiter.Since);
            if (!waiter.Guards.IsEmpty)
            {
                Write(json, waiter.Guards);
            }

            json.End('}');
        }

        json.End(']');
        json.End('}');
        return json.ToArray();
    }

    private static ImmutableArray<Guard> GuardsOf(JsonElement of) => of.TryGetProperty("guard", out var guards)
        ? [.. guards.EnumerateArray().Select(guard => new Guard(
            guard.GetProperty("table").GetString()!, guard.GetProperty("prefix").GetString()!))]
        : [];

    private static void Write(RowJson json, ImmutableArray<Guard> guards)
    {
        json.Begin('[', "guard");
        foreach (var guard in guards)
        {
            json.Begin('{');
            json.Member("table", guard.Table);
            json.Member("prefix", guard.Prefix);
            json.End('}');
        }

        json.End(']');
    }
}

/// <summary>Who holds a lock.</summary>
/// <param name="Owner">The name it was asked for under.</param>
/// <param name="Lease">The lease that ends the holding.</param>
/// <param name="Since">Since when, in microseconds since 1970 (UTC).</param>
public sealed record LockHolder(string Owner, long Lease, long Since);

/// <summary>Who waits for a lock.</summary>
/// <param name="Owner">The name it was asked for under.</param>
/// <param name="Lease">The lease that ends the waiting, and the holding after it.</param>
/// <param name="Since">Since when, in microseconds since 1970 (UTC).</param>
/// <param name="Guards">The keys it asks to have guarded once it holds the lock.</param>
public sealed record LockWaiter(string Owner, long Lease, long Since, ImmutableArray<Guard> Guards);
