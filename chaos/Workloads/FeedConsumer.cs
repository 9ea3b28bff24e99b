using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Workloads;

/// <summary>Follows the change feed from the beginning, a batch at a time, each from any node, and goes on where it was.</summary>
internal sealed class FeedConsumer : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _afterFailure = TimeSpan.FromMilliseconds(100);

    private readonly ClientWorld _world;
    private readonly Random _chance;
    private readonly HttpConnection[] _connections;
    private int _number;

    /// <param name="world">What all clients share.</param>
    /// <param name="chance">Decides whom it asks.</param>
    public FeedConsumer(ClientWorld world, Random chance)
    {
        (_world, _chance, _number) = (world, chance, world.NewProcess());
        _connections = [.. world.Nodes.Select(node => new HttpConnection(node.Http, _patience))];
    }

    /// <summary>The first revision that it has not got yet.</summary>
    public long Next { get; private set; } = 1;

    /// <summary>Goes on until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var at = _chance.Next(_connections.Length);
            var target = string.Create(CultureInfo.InvariantCulture, $"/v1/changes?from={Next}&wait=1s");
            try
            {
                var answer = await _connections[at].SendAsync("GET", target, body: null, ("Accept", "application/json"));
                if (answer.Status is not (200 or 204))
                {
                    Refused(answer);
                    await Task.Delay(_afterFailure, CancellationToken.None);
                }
                else if (answer.Status == 200)
                {
                    Take(answer, _world.Nodes[at].Id);
                }
            }
            catch (Exception silent) when (silent is IOException or NotSentException or TimeoutException)
            {
                await Task.Delay(_afterFailure, CancellationToken.None);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(_connections, connection => connection.Dispose());

    /// <summary>What was compacted away is not there: somebody else begins behind it.</summary>
    private void Refused(HttpAnswer answer)
    {
        if (answer.Status == 410)
        {
            using var json = JsonDocument.Parse(answer.Body);
            (_number, Next) = (_world.NewProcess(), json.RootElement.GetProperty("oldestRevision").GetInt64());
        }
    }

    private void Take(HttpAnswer answer, string node)
    {
        using var json = JsonDocument.Parse(answer.Body);
        foreach (var change in json.RootElement.GetProperty("events").EnumerateArray())
        {
            _world.Journal.Add(new FeedRecord
            {
                Consumer = _number,
                Node = node,
                At = _world.Journal.Now,
                Revision = change.GetProperty("revision").GetInt64(),
                Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(change.GetRawText())).AsSpan(0, 8)),
                Changes = [.. change.GetProperty("changes").EnumerateArray().Select(Of)],
            });
        }

        Next = json.RootElement.GetProperty("next").GetInt64();
    }

    private static FeedChange Of(JsonElement change)
    {
        var (table, key) = (change.GetProperty("table").GetString()!, change.GetProperty("key").GetString()!);
        var value = change.TryGetProperty("after", out var after) && after.ValueKind == JsonValueKind.Object && after.TryGetProperty("value", out var held)
            && held.ValueKind == JsonValueKind.String ? held.GetString() : null;
        var isLong = value is not null && key.StartsWith(LedgerClient.FillerPrefix, StringComparison.Ordinal);
        return new FeedChange(change.GetProperty("op").GetString()!, table, key, isLong ? LedgerClient.Short(value!) : value);
    }
}
