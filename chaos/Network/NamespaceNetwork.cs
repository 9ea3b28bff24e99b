using System.Globalization;
using System.Text.Json;
using RaftCluster.Chaos.Cluster;

namespace RaftCluster.Chaos.Network;

/// <summary>
/// A network namespace for each node, all on a bridge of the run's own. Packets are dropped or answered with a reset by nft
/// rules in the namespace of the node that would have heard them, so that the kernel's own TCP has to deal with it.
/// </summary>
internal sealed class NamespaceNetwork : NodeNetwork
{
    private const int HttpPort = 8080;
    private const int PeerPort = 9090;
    private const int FirstHost = 11;

    private static readonly TimeSpan _resetBound = TimeSpan.FromMilliseconds(500);
    private static readonly Weather _reset = new(Reset: true);
    private static int _count;

    private readonly Links _links;
    private readonly Dictionary<Way, List<Weather>> _weathers = [];
    private readonly SemaphoreSlim _turn = new(1);

    private NamespaceNetwork(Links links, IReadOnlyList<MemberAddress> members)
        : base(members)
    {
        _links = links;
        foreach (var way in Ways((_, _) => true))
        {
            _weathers[way] = [];
        }
    }

    /// <inheritdoc/>
    public override string Toll => "packets dropped";

    /// <summary>Its addresses are reached from this machine alone, by way of the bridge.</summary>
    public override IReadOnlyList<string> Options => ["--insecure"];

    /// <summary>Lays it for nodes n1, n2, …, and removes what runs that were killed have left.</summary>
    /// <exception cref="HarnessException">This machine can't.</exception>
    public static async Task<NamespaceNetwork> CreateAsync(int count)
    {
        await Links.RemoveLeftAsync();
        var links = await Links.CreateAsync(Interlocked.Increment(ref _count));
        try
        {
            var members = new List<MemberAddress>();
            for (var at = 0; at < count; at++)
            {
                var (id, address) = ($"n{at + 1}", links.Address(FirstHost + at));
                members.Add(new MemberAddress(id, new Uri($"http://{address}:{HttpPort}"), $"{address}:{PeerPort}"));
                await links.AddAsync(id, address);
            }

            var network = new NamespaceNetwork(links, members);
            await network.BeginAsync();
            return network;
        }
        catch
        {
            await links.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> LauncherOf(string id) => _links.LauncherOf(id);

    /// <inheritdoc/>
    public override Task AddAsync(IReadOnlyList<Way> ways, Weather weather) => ChangeAsync(ways, weathers => weathers.Add(weather));

    /// <inheritdoc/>
    public override Task RemoveAsync(IReadOnlyList<Way> ways, Weather weather) => ChangeAsync(ways, weathers => weathers.Remove(weather));

    /// <inheritdoc/>
    public override async Task<long> AffectedAsync(IReadOnlyList<Way> ways) =>
        (await Task.WhenAll(ways.GroupBy(way => way.To).Select(async to => await PacketsAsync(to.Key, [.. to.Select(way => way.From)])))).Sum();

    /// <summary>Answers what is said over some ways with a reset, until that was once so.</summary>
    public override async Task<long> ResetAsync(IReadOnlyList<Way> ways)
    {
        var before = await AffectedAsync(ways);
        await AddAsync(ways, _reset);
        try
        {
            await Until.IsAsync(_resetBound, async () => await AffectedAsync(ways) > before);
        }
        finally
        {
            await RemoveAsync(ways, _reset);
        }

        return await AffectedAsync(ways) - before;
    }

    /// <summary>Takes a node's link down, or up: nobody reaches it then, clients neither.</summary>
    public Task PlugAsync(string id, bool isUp) => _links.PlugAsync(id, isUp);

    /// <summary>Whether the kernel says that a node's link is down.</summary>
    public bool IsDown(string id) => _links.IsDown(id);

    /// <summary>Nothing is to be done: the kernel refuses connections by itself.</summary>
    public override void Tell(string id, bool isThere)
    {
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _links.DisposeAsync();
        _turn.Dispose();
    }

    /// <summary>A counter for each other node, and a chain that has no rules yet.</summary>
    private async Task BeginAsync()
    {
        foreach (var member in Members)
        {
            var counters = string.Concat(Members.Where(other => other != member).Select(other => $"add counter inet chaos {other.Id}; "));
            await _links.RunAsync(
                member.Id, "nft", $"add table inet chaos; {counters}add chain inet chaos input {{ type filter hook input priority 0; }}");
        }
    }

    private async Task ChangeAsync(IReadOnlyList<Way> ways, Action<List<Weather>> change)
    {
        await _turn.WaitAsync();
        try
        {
            foreach (var way in ways)
            {
                change(_weathers[way]);
            }

            // All rules of a node anew, at once: nft takes them as one transaction.
            await Task.WhenAll(ways.Select(way => way.To).Distinct().Select(to => _links.RunAsync(
                to, "nft", $"flush chain inet chaos input{string.Concat(Members.Where(from => from.Id != to).SelectMany(from => RulesOf(from, to)))}")));
        }
        finally
        {
            _turn.Release();
        }
    }

    private IEnumerable<string> RulesOf(MemberAddress from, string to)
    {
        var weather = _weathers[new Way(from.Id, to)].Aggregate(default(Weather), (sum, each) => sum + each);
        if (weather.HoldsBack)
        {
            throw new System.Diagnostics.UnreachableException("namespaces drop packets, and can't hold them back");
        }

        var packets = $"; add rule inet chaos input ip saddr {from.Url.Host}";
        if (weather.Cut)
        {
            yield return $"{packets} counter name {from.Id} drop";
        }

        if (weather.Reset)
        {
            yield return $"{packets} meta l4proto tcp counter name {from.Id} reject with tcp reset";
        }

        if (weather.Loss > 0)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture, $"{packets} numgen random mod 1000 < {weather.Loss} counter name {from.Id} drop");
        }
    }

    private async Task<long> PacketsAsync(string to, IReadOnlyCollection<string> from)
    {
        using var json = JsonDocument.Parse(await _links.RunAsync(to, "nft", "-j", "list", "counters", "table", "inet", "chaos"));
        return json.RootElement.GetProperty("nftables").EnumerateArray()
            .Select(each => each.TryGetProperty("counter", out var counter) ? counter : default)
            .Where(counter => counter.ValueKind == JsonValueKind.Object && from.Contains(counter.GetProperty("name").GetString()))
            .Sum(counter => counter.GetProperty("packets").GetInt64());
    }
}
