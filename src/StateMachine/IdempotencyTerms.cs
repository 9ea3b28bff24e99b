namespace RaftCluster.StateMachine;

/// <summary>
/// The name of a request under which its outcome is kept, so that the same request sent again is not done again. The
/// limits ride in the entry: every replica forgets alike.
/// </summary>
/// <param name="Key">The name: 1 to 512 bytes of UTF-8.</param>
/// <param name="RequestHash">A hash of the request: another request under this name is refused.</param>
/// <param name="KeepForMs">How long outcomes are kept, in milliseconds by the log's time; at least 1.</param>
/// <param name="KeepAtMost">How many are kept; at least 1.</param>
public sealed record IdempotencyTerms(string Key, UInt128 RequestHash, long KeepForMs, int KeepAtMost)
{
    /// <summary>The longest key, in bytes of UTF-8.</summary>
    public const int MaximumKeyLength = 512;
}
