using System.Text;

namespace RaftCluster.StateMachine.Idempotency;

/// <summary>
/// Keeps what came of requests under their idempotency keys, and forgets the oldest: by the log's time, by their number,
/// and by their length, a few with each entry that keeps one. For one thread.
/// </summary>
internal sealed class KeptOutcomes(IKeptRecords records)
{
    /// <summary>The most bytes kept together, whatever the terms say: replies may be long.</summary>
    public const long MaximumBytes = 256 << 20;

    /// <summary>An entry forgets at most this many, and <see cref="ForgottenForEach"/> more for each that it keeps.</summary>
    public const int ForgottenAnyway = 16;

    /// <inheritdoc cref="ForgottenAnyway"/>
    public const int ForgottenForEach = 2;

    private IdempotencyTerms? _last;
    private int _kept;

    /// <summary>Begins an entry.</summary>
    public void Begin()
    {
        _last = null;
        _kept = 0;
    }

    /// <summary>What came of a request before; null when it is not known (any more).</summary>
    /// <param name="terms">The request's key, and how long outcomes are kept: a longer time ago counts as never.</param>
    /// <param name="now">The entry's time, in microseconds since 1970 (UTC).</param>
    public KeptOutcome? Find(IdempotencyTerms terms, long now) =>
        Read(terms) is { } kept && !IsOver(kept.Time, terms, now) ? kept : null;

    /// <summary>Keeps what came of a request that is not known.</summary>
    public void Keep(IdempotencyTerms terms, long now, Outcome outcome)
    {
        var key = Encoding.UTF8.GetBytes(terms.Key);
        if (records.Find(key) is { } over)
        {
            records.Forget(new KeptRecord(KeptOutcome.Read(over).Time, key, over.Length));
        }

        records.Keep(key, now, new KeptOutcome(now, terms.RequestHash, outcome).ToRecord());
        _last = terms;
        _kept++;
    }

    /// <summary>Ends an entry: forgets what its last terms don't keep any longer, the oldest first.</summary>
    public void Complete(long now)
    {
        if (_last is not { } terms)
        {
            return;
        }

        for (var left = ForgottenAnyway + (ForgottenForEach * _kept); left > 0 && records.Oldest() is { } oldest; left--)
        {
            if (records.Count <= terms.KeepAtMost && records.Bytes <= MaximumBytes && !IsOver(oldest.Time, terms, now))
            {
                return;
            }

            records.Forget(oldest);
        }
    }

    // Divided, for a time in microseconds might be too long a number.
#if CHAOS
    private static bool IsOver(long since, IdempotencyTerms terms, long now) =>
        (now - since) / 1000 > (Mutant.Is(Mutant.ForgetKeys) ? 2_000 : terms.KeepForMs);
#else
    private static bool IsOver(long since, IdempotencyTerms terms, long now) => (now - since) / 1000 > terms.KeepForMs;
#endif

    private KeptOutcome? Read(IdempotencyTerms terms) =>
        records.Find(Encoding.UTF8.GetBytes(terms.Key)) is { } record ? KeptOutcome.Read(record) : null;
}
