using System.Globalization;
using System.Net;
using RaftCluster.Chaos.Cluster;

namespace RaftCluster.Chaos.Network;

/// <summary>
/// A network without privileges: every node reaches every other by addresses of its own, which are the harness's. What is said
/// over a way that is cut arrives when it is mended.
/// </summary>
internal sealed class DoorNetwork : NodeNetwork
{
    private readonly Dictionary<Way, Direction> _ways = [];
    private readonly Dictionary<Way, (Door Http, Door Peer)> _doors = [];

    /// <summary>Lays it between nodes, none of which runs.</summary>
    public DoorNetwork(IReadOnlyList<MemberAddress> members)
        : base(members)
    {
        var all = Ways((_, _) => true);
        foreach (var way in all)
        {
            _ways[way] = new Direction();
        }

        var addresses = members.ToDictionary(member => member.Id);
        foreach (var way in all)
        {
            var (there, back, to) = (_ways[way], _ways[new Way(way.To, way.From)], addresses[way.To]);
            var doors = (Http: new Door(to.Url.Port, there, back), Peer: new Door(IPEndPoint.Parse(to.Peer).Port, there, back));
            _doors[way] = doors;

            // For the number of its port.
            doors.Http.Open();
            doors.Peer.Open();
        }
    }

    /// <inheritdoc/>
    public override string Toll => "messages held up";

    /// <inheritdoc/>
    public override IReadOnlyList<MemberAddress> SeenBy(string id) => [.. Members.Select(member => member.Id == id
        ? member
        : new MemberAddress(
            member.Id,
            new Uri($"http://127.0.0.1:{_doors[new(id, member.Id)].Http.Port}"),
            $"127.0.0.1:{_doors[new(id, member.Id)].Peer.Port}"))];

    /// <summary>The other nodes' ports, each followed by that of the door to it, for a node that names them by their own.</summary>
    public string RoutesOf(string id) => string.Join(',', Members.Where(member => member.Id != id).Select(member => string.Create(
        CultureInfo.InvariantCulture,
        $"{member.Url.Port},{_doors[new(id, member.Id)].Http.Port},{IPEndPoint.Parse(member.Peer).Port},{_doors[new(id, member.Id)].Peer.Port}")));

    /// <inheritdoc/>
    public override Task AddAsync(IReadOnlyList<Way> ways, Weather weather)
    {
        foreach (var way in ways)
        {
            _ways[way].Add(weather);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task RemoveAsync(IReadOnlyList<Way> ways, Weather weather)
    {
        foreach (var way in ways)
        {
            _ways[way].Remove(weather);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task<long> AffectedAsync(IReadOnlyList<Way> ways) => Task.FromResult(ways.Sum(way => _ways[way].Affected));

    /// <inheritdoc/>
    public override Task<long> ResetAsync(IReadOnlyList<Way> ways) =>
        Task.FromResult(ways.Sum(way => (long)_doors[way].Http.Reset() + _doors[way].Peer.Reset()));

    /// <summary>Keeps back what one node says to another from now on over the connections that it has opened so far.</summary>
    public IReadOnlyList<Passage> Hold(string from, string to) => _doors[new(from, to)].Peer.Hold();

    /// <summary>Opens or closes the doors to a node: a port refuses connections while no process has it.</summary>
    public override void Tell(string id, bool isThere)
    {
        foreach (var (way, doors) in _doors)
        {
            if (way.To != id)
            {
                continue;
            }

            if (isThere)
            {
                doors.Http.Open();
                doors.Peer.Open();
            }
            else
            {
                doors.Http.Close();
                doors.Peer.Close();
            }
        }
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        foreach (var (http, peer) in _doors.Values)
        {
            http.Dispose();
            peer.Dispose();
        }

        return ValueTask.CompletedTask;
    }
}
