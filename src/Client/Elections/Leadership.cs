using System.Text;

namespace RaftCluster.Client;

/// <summary>The lead in an election, until it is resigned or lost.</summary>
public sealed class Leadership : IAsyncDisposable
{
    private readonly LockHandle _held;
    private readonly RowCalls _kv;

    internal Leadership(LockHandle held, RowCalls kv) => (_held, _kv) = (held, kv);

    /// <summary>The election's name.</summary>
    public string Name => _held.Name;

    /// <summary>Goes with every write that only the leader may do: <see cref="WriteOptions.Fences"/>.</summary>
    public Fence Fence => _held.Fence;

    /// <summary>Cancelled when the lead was lost, or may have been; see <see cref="LockHandle.Lost"/>.</summary>
    public CancellationToken Lost => _held.Lost;

    /// <summary>Says another value of the leader.</summary>
    /// <param name="value">What the leader says of itself.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="FencedException">The lead was lost.</exception>
    public async Task ProclaimAsync(string value, CancellationToken cancellation = default)
    {
        var options = new WriteOptions
        {
            ContentType = "text/plain; charset=utf-8",
            Lease = _held.Lease,
            Fences = [Fence],
        };
        _ = await _kv.PutAsync(KeyOf(Name), Encoding.UTF8.GetBytes(value), options, cancellation);
    }

    /// <summary>Resigns: the next who campaigns leads.</summary>
    /// <param name="cancellation">Gives up; the lead then ends with its time to live.</param>
    /// <returns>Whether it led until now.</returns>
    public Task<bool> ResignAsync(CancellationToken cancellation = default) => _held.ReleaseAsync(cancellation);

    /// <summary>As <see cref="ResignAsync"/>. When the cluster can't be reached, the lead ends with its time to live.</summary>
    public ValueTask DisposeAsync() => _held.DisposeAsync();

    internal static string KeyOf(string election)
    {
        ArgumentException.ThrowIfNullOrEmpty(election);
        return $"elections/{election}";
    }
}
