namespace RaftCluster.Client;

/// <summary>
/// Whether a write carries an <c>Idempotency-Key</c>, under which the cluster keeps its first answer. With a key a write of
/// which nobody knows whether it happened is sent again, to any node, and still happens once.
/// </summary>
public readonly record struct Idempotency
{
    /// <summary>The longest key, in characters.</summary>
    public const int LongestKey = 128;

    private readonly string? _key;
    private readonly bool _off;

    private Idempotency(string? key, bool off) => (_key, _off) = (key, off);

    /// <summary>The client makes a key of its own for each call, unless <see cref="RaftClusterOptions.Idempotent"/> is off.</summary>
    public static Idempotency Automatic => default;

    /// <summary>No key: a write whose outcome is unknown is never sent again.</summary>
    public static Idempotency None => new(null, off: true);

    /// <summary>This key, for a write that must happen once even if this process dies and another repeats it.</summary>
    /// <param name="key">1 to 128 printable ASCII characters.</param>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static Idempotency Key(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        if (key.Length > LongestKey)
        {
            throw new ArgumentException($"An idempotency key has at most {LongestKey} characters: this one has {key.Length}.", nameof(key));
        }

        return key.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? throw new ArgumentException("An idempotency key is of printable ASCII characters without spaces.", nameof(key))
            : new Idempotency(key, off: false);
    }

    /// <summary>Whether the caller gave the key.</summary>
    internal bool IsGiven => _key is not null;

    /// <summary>The key to send, if any.</summary>
    internal string? KeyOf(bool automatically) =>
        _key ?? (automatically && !_off ? Guid.CreateVersion7().ToString("N") : null);
}
