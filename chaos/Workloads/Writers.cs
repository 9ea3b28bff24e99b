using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using RaftCluster.Chaos.Cluster;
using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Workloads;

/// <summary>
/// Clients that write through all nodes for as long as they are let: most of them new keys, some of them a few keys over
/// and over. No write is ever repeated, and no two have the same value.
/// </summary>
internal sealed class Writers : IAsyncDisposable
{
    private const int SharedKeys = 5;
    private const double SharedPart = 0.3;
    private const int FillerBytes = 1 << 16;

    /// <summary>What a client does before it goes on to another node, so that nodes that are down don't fill the history.</summary>
    private static readonly TimeSpan _afterRefusal = TimeSpan.FromMilliseconds(25);

    private readonly IReadOnlyList<NodeProcess> _nodes;
    private readonly Recorder _recorder;
    private readonly string _prefix;
    private readonly int _mostBytes;
    private readonly string _filler;
    private readonly CancellationTokenSource _end = new();
    private readonly Task[] _clients;

    private Writers(IReadOnlyList<NodeProcess> nodes, Recorder recorder, string prefix, int count, int mostBytes, Random chance)
    {
        (_nodes, _recorder, _prefix, _mostBytes) = (nodes, recorder, prefix, mostBytes);
        _filler = string.Create(FillerBytes, chance, static (text, chance) => chance.GetItems("abcdefghijklmnopqrstuvwxyz234567", text));
        _clients = [.. Enumerable.Range(0, count).Select(number => (number, new Random(chance.Next())))
            .ToArray().Select(client => Task.Run(() => WriteAsync(client.number, client.Item2)))];
    }

    /// <summary>Starts them.</summary>
    /// <param name="nodes">The nodes they ask.</param>
    /// <param name="recorder">Where they note what they did.</param>
    /// <param name="prefix">A name that no earlier writers had.</param>
    /// <param name="count">How many.</param>
    /// <param name="mostBytes">The most bytes of a value.</param>
    /// <param name="chance">Decides what they write, and through whom.</param>
    public static Writers Start(
        IReadOnlyList<NodeProcess> nodes, Recorder recorder, string prefix, int count, int mostBytes, Random chance) =>
        new(nodes, recorder, prefix, count, mostBytes, chance);

    /// <summary>Waits for so many more acknowledged writes.</summary>
    /// <returns>Whether they came.</returns>
    public async Task<bool> ProgressAsync(int more, TimeSpan bound, CancellationToken stop)
    {
        var wanted = _recorder.Acknowledged + more;
        return await Until.HasAsync(
            bound, () => Task.FromResult(_recorder.Acknowledged >= wanted ? _recorder : null), stop) is not null;
    }

    /// <summary>Lets them finish what they are at, and no more.</summary>
    public async Task FinishAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_clients);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await FinishAsync();
        _end.Dispose();
    }

    /// <summary>Whether the key is one that is written over and over.</summary>
    public static bool IsShared(string key) => key.StartsWith("shared/", StringComparison.Ordinal);

    private async Task WriteAsync(int number, Random chance)
    {
        var connections = _nodes.Select(node => new HttpConnection(node.Http)).ToArray();
        try
        {
            for (var i = 0; !_end.IsCancellationRequested; i++)
            {
                var at = chance.Next(_nodes.Count);
                var isShared = chance.NextDouble() < SharedPart;
                var name = string.Create(CultureInfo.InvariantCulture, $"{_prefix}{number}/{i}");
                var key = isShared ? string.Create(CultureInfo.InvariantCulture, $"shared/{chance.Next(SharedKeys)}") : $"own/{name}";
                var length = chance.Next(_mostBytes);

                // Nothing that a store could make small.
                var value = string.Concat(name, "/", _filler.AsSpan(chance.Next(FillerBytes - length), length));
                var begun = Stopwatch.GetTimestamp();
                var outcome = await OutcomeAsync(connections[at], key, value);
                _recorder.Add(new WriteOperation(key, value, !isShared, _nodes[at].Id, begun, Stopwatch.GetTimestamp(), outcome));
                if (outcome is not WriteOutcome.Acknowledged)
                {
                    await Task.Delay(_afterRefusal, CancellationToken.None);
                }
            }
        }
        finally
        {
            Array.ForEach(connections, connection => connection.Dispose());
        }
    }

    private static async Task<WriteOutcome> OutcomeAsync(HttpConnection connection, string key, string value)
    {
        try
        {
            return Of(await connection.SendAsync("PUT", $"/v1/kv/{key}", value));
        }
        catch (NotSentException unreached)
        {
            return new WriteOutcome.Refused(unreached.Message);
        }
        catch (IOException broken)
        {
            return new WriteOutcome.Unknown(broken.Message);
        }
        catch (TimeoutException hung)
        {
            return new WriteOutcome.Fault(hung.Message);
        }
    }

    private static WriteOutcome Of(HttpAnswer answer)
    {
        if (answer.Status is 200 or 201)
        {
            using var json = JsonDocument.Parse(answer.Body);
            return new WriteOutcome.Acknowledged(
                json.RootElement.GetProperty("revision").GetInt64(), json.RootElement.GetProperty("version").GetInt64());
        }

        return answer.Outcome switch
        {
            "not-applied" => new WriteOutcome.Refused(answer.Text),
            "unknown" => new WriteOutcome.Unknown(answer.Text),
            _ => new WriteOutcome.Fault($"{answer.Status} {answer.Text}"),
        };
    }
}
