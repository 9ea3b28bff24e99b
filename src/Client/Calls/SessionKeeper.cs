namespace RaftCluster.Client;

/// <summary>
/// Keeps the newest session token. Answers to calls made at once arrive in any order, so an older token must not
/// replace a newer one: the revision that comes beside it tells.
/// </summary>
internal sealed class SessionKeeper
{
    private volatile Held? _held;

    internal string? Token
    {
        get => _held?.Token;
        // A token from elsewhere: its revision is not known here.
        set => _held = value is null ? null : new Held(value, Revision: null);
    }

    /// <summary>An answer carried a token.</summary>
    /// <param name="token">The token.</param>
    /// <param name="revision">The revision the answer stands on.</param>
    /// <param name="advances">Whether the answer is at least as new as any token this client could have had before.</param>
    internal void Observe(string? token, long? revision, bool advances)
    {
        if (token is null)
        {
            return;
        }

        while (true)
        {
            var held = _held;
            var newer = held is null || (held.Revision is { } known ? revision >= known : advances);
            if (!newer || held?.Token == token
                || Interlocked.CompareExchange(ref _held, new Held(token, revision), held) == held)
            {
                return;
            }
        }
    }

    private sealed record Held(string Token, long? Revision);
}
