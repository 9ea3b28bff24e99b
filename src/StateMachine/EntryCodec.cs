namespace RaftCluster.StateMachine;

/// <summary>
/// A log entry: a header and a batch of transactions. All numbers are little-endian.
/// <code>
/// entry       = format:u8 (1), request id:16 bytes (big-endian), time:i64 (µs since 1970), count:u16, transaction × count
/// transaction = length:u32 (of what follows), command
/// command     = kind:u8, table length:u8, table, …
///   put (1)          = precondition, key length:u16, key, content type length:u8, content type, value (to the end)
///   delete (2)       = precondition, key (to the end)
///   delete range (3) = start length:u16, start, end (to the end)
/// precondition = kind:u8, count:u8, revision:i64 × count
/// </code>
/// </summary>
public static class EntryCodec
{
    /// <summary>The format this code writes. It reads every format up to this one.</summary>
    public const byte Format = 1;

    /// <summary>The length of an entry's header, in bytes.</summary>
    public const int HeaderLength = 1 + 16 + 8 + 2;

    /// <summary>The most transactions one entry may hold.</summary>
    public const int MaximumTransactions = ushort.MaxValue;
}
