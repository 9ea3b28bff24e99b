namespace RaftCluster.StateMachine.Idempotency;

/// <summary>Records kept under keys, with those of the entry that is being applied. For one thread.</summary>
internal interface IKeptRecords
{
    /// <summary>How many there are.</summary>
    long Count { get; }

    /// <summary>How long they are together.</summary>
    long Bytes { get; }

    /// <summary>The record under a key; null when there is none.</summary>
    byte[]? Find(byte[] key);

    /// <summary>Keeps a record under a key that has none.</summary>
    /// <param name="key">The key.</param>
    /// <param name="time">When, in microseconds since 1970 (UTC); not before any other.</param>
    /// <param name="record">The record.</param>
    void Keep(byte[] key, long time, byte[] record);

    /// <summary>Forgets a record.</summary>
    void Forget(in KeptRecord record);

    /// <summary>The record that was kept first, of those of the same time the one with the least key; null for none.</summary>
    KeptRecord? Oldest();
}

/// <summary>A record that is kept.</summary>
/// <param name="Time">Since when, in microseconds since 1970 (UTC).</param>
/// <param name="Key">Its key.</param>
/// <param name="Length">Its length.</param>
internal readonly record struct KeptRecord(long Time, byte[] Key, int Length);
