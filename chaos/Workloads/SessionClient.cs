using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Workloads;

/// <summary>Goes from node to node with the token of its last answer, writing and reading rows that it shares.</summary>
internal sealed class SessionClient : Client
{
    private readonly Generation _keys;
    private string? _token;

    public SessionClient(ClientWorld world, Random chance, Generation keys, int session)
        : base(world, chance, Workload.Session) => (_keys, Session) = (keys, session);

    /// <inheritdoc/>
    protected override async Task StepAsync(CancellationToken stop)
    {
        var key = _keys.Key;
        (string, string)[] headers =
        [
            .. _token is null ? Array.Empty<(string, string)>() : [("Raft-Session", _token)],
            .. Chance.Next(4) == 0 ? [("Raft-Fallback", "fail")] : Array.Empty<(string, string)>(),
        ];
        var (done, answer) = Chance.Next(10) switch
        {
            < 3 => await WriteAsync(Ask(OperationKind.Write, key) with { Value = NewValue() }, headers),
            < 9 => await ReadAsync(key, Consistency.Session, headers),
            _ => await ReadAsync(key, Consistency.Linearizable, headers),
        };
        _keys.Count(key, done.IsOpen);
        _token = answer?.Headers.GetValueOrDefault("Raft-Session") ?? _token;
    }
}
