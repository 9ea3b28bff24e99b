using System.Collections.Immutable;

namespace RaftCluster.StateMachine;

/// <summary>One thing that a transaction does.</summary>
/// <param name="Table">The table's name: 1 to 128 bytes of UTF-8; <c>kv</c> is built in.</param>
public abstract record Operation(string Table)
{
    /// <summary>Writes a row, new or in place of the old one, which it takes off the lease it had.</summary>
    /// <param name="Table">The table's name.</param>
    /// <param name="Key">1 to 1,024 bytes of UTF-8; empty when the key is the revision.</param>
    /// <param name="Value">The value, as it came.</param>
    /// <param name="ContentType">The value's media type, at most 255 bytes; null when none was given.</param>
    /// <param name="Lease">The lease whose end removes the row; default for none.</param>
    /// <param name="KeyIsRevision">
    /// The key is this transaction's revision as 19 digits, so that keys sort as they were made. Two such puts into one
    /// table in one transaction write the same row.
    /// </param>
    public sealed record Put(
        string Table,
        ReadOnlyMemory<byte> Key,
        ReadOnlyMemory<byte> Value,
        string? ContentType,
        LeaseTerm Lease = default,
        bool KeyIsRevision = false) : Operation(Table);

    /// <summary>Removes a row, if there is one.</summary>
    /// <param name="Table">The table's name.</param>
    /// <param name="Key">1 to 1,024 bytes of UTF-8.</param>
    public sealed record Delete(string Table, ReadOnlyMemory<byte> Key) : Operation(Table);

    /// <summary>Removes every row of [<paramref name="Start"/>, <paramref name="End"/>).</summary>
    /// <param name="Table">The table's name.</param>
    /// <param name="Start">The first key that is removed; empty for the first of the table.</param>
    /// <param name="End">The first key that is kept; empty for no bound.</param>
    public sealed record DeleteRange(string Table, ReadOnlyMemory<byte> Start, ReadOnlyMemory<byte> End) : Operation(Table);

    /// <summary>Reads a row as the operations before left it.</summary>
    /// <param name="Table">The table's name.</param>
    /// <param name="Key">1 to 1,024 bytes of UTF-8.</param>
    public sealed record Get(string Table, ReadOnlyMemory<byte> Key) : Operation(Table);

    /// <summary>Reads rows of [<paramref name="Start"/>, <paramref name="End"/>) as the operations before left them.</summary>
    /// <param name="Table">The table's name.</param>
    /// <param name="Start">The first key; empty for the first of the table.</param>
    /// <param name="End">The first key that is not meant; empty for no bound.</param>
    /// <param name="Limit">The most rows that are answered: 1 to 1,000.</param>
    /// <param name="KeysOnly">The rows come with empty values.</param>
    /// <param name="CountOnly">No rows come; all are counted, whatever the limit.</param>
    /// <param name="Descending">From the last key to the first.</param>
    public sealed record Range(
        string Table,
        ReadOnlyMemory<byte> Start,
        ReadOnlyMemory<byte> End,
        int Limit,
        bool KeysOnly = false,
        bool CountOnly = false,
        bool Descending = false) : Operation(Table)
    {
        /// <summary>The highest <see cref="Limit"/>.</summary>
        public const int MaximumLimit = 1000;
    }

    /// <summary>
    /// Merges into a row's JSON object (RFC 7396), leaving what it does not name as it is, byte for byte. The row stays
    /// with its lease. Without a row nothing happens.
    /// </summary>
    /// <param name="Table">The table's name.</param>
    /// <param name="Key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="Value">A JSON object.</param>
    /// <param name="MustExist">Whether the caller is answered as if it had failed when there is no row.</param>
    /// <param name="KeepNulls">A null among the patch's own members is written; those further in remove, as ever.</param>
    public sealed record Patch(
        string Table,
        ReadOnlyMemory<byte> Key,
        ReadOnlyMemory<byte> Value,
        bool MustExist,
        bool KeepNulls = false) : Operation(Table);

    /// <summary>
    /// Adds to a decimal number, exactly: a row's whole value, or a member of its JSON object. A row or member that is
    /// missing, or null, counts as 0. The row stays with its lease.
    /// </summary>
    /// <param name="Table">The table's name.</param>
    /// <param name="Key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="Column">The member's name; null for the whole value.</param>
    /// <param name="Amount">A number as JSON writes it.</param>
    /// <param name="MustExist">Without a row it fails, instead of making one of this member alone.</param>
    /// <param name="Missing">What a member counts as that a row lacks, as JSON writes numbers; empty for 0.</param>
    public sealed record Add(
        string Table,
        ReadOnlyMemory<byte> Key,
        string? Column,
        ReadOnlyMemory<byte> Amount,
        bool MustExist = false,
        ReadOnlyMemory<byte> Missing = default) : Operation(Table);

    /// <summary>Makes a lease, whose id is this transaction's revision.</summary>
    /// <param name="TtlMs">How long it lasts without a sign of life, in milliseconds; at least 1.</param>
    /// <param name="Owner">Who asked for it, for people to read.</param>
    public sealed record GrantLease(long TtlMs, string? Owner) : Operation(SystemTables.Leases);

    /// <summary>Ends leases: what is attached to them goes, with all locks held and waited for.</summary>
    /// <param name="Ids">The leases; those that are gone already are passed over.</param>
    /// <param name="Term">
    /// The term in which a leader found that they ran out: in an entry of another term nothing happens, for a leader that
    /// was out of office meanwhile may have missed signs of life. 0 when they are given up.
    /// </param>
    public sealed record EndLeases(ImmutableArray<long> Ids, long Term) : Operation(SystemTables.Leases);

    /// <summary>Takes a lock, or a place in its queue.</summary>
    /// <param name="Name">The lock's name: 1 to 1,024 bytes of UTF-8.</param>
    /// <param name="Owner">Who asks; who asks again has what they have.</param>
    /// <param name="TtlMs">How long the lock's lease lasts without a sign of life, in milliseconds; at least 1.</param>
    /// <param name="Queue">Whether to wait when another holds it.</param>
    /// <param name="Guards">The keys that only its holder may write from now on; default leaves them as they are.</param>
    public sealed record AcquireLock(string Name, string Owner, long TtlMs, bool Queue, ImmutableArray<Guard> Guards)
        : Operation(SystemTables.Locks);

    /// <summary>Gives a lock back.</summary>
    /// <param name="Name">The lock's name.</param>
    /// <param name="Owner">Who must hold it; null when that is not asked.</param>
    /// <param name="Fence">The fence it must be held with; 0 when that is not asked.</param>
    /// <param name="Force">Whoever holds it.</param>
    /// <param name="DropGuard">Its keys may be written by everybody afterwards.</param>
    public sealed record ReleaseLock(string Name, string? Owner, long Fence, bool Force, bool DropGuard)
        : Operation(SystemTables.Locks);

    /// <summary>Leaves a lock's queue.</summary>
    /// <param name="Name">The lock's name.</param>
    /// <param name="Owner">Who waits.</param>
    public sealed record LeaveQueue(string Name, string Owner) : Operation(SystemTables.Locks);

    /// <summary>Drops history: what is older than a revision can no longer be read, and goes in time. Never current rows.</summary>
    /// <param name="Revision">The oldest revision that stays readable, at least 1; the newest one at most counts.</param>
    public sealed record Compact(long Revision) : Operation(SystemTables.Tables);
}

/// <summary>The lease a row is put on: none, one that exists, or a new one.</summary>
/// <param name="Id">An existing lease, or 0.</param>
/// <param name="TtlMs">
/// How long a new lease lasts, in milliseconds, or 0. All puts of one transaction that make one share it, and ask for the
/// same time; it ends with its last row.
/// </param>
public readonly record struct LeaseTerm(long Id, long TtlMs);

/// <summary>The keys of one table that only a lock's holder may write.</summary>
/// <param name="Table">The table's name.</param>
/// <param name="Prefix">What those keys begin with; empty for all of the table.</param>
public readonly record struct Guard(string Table, string Prefix);
