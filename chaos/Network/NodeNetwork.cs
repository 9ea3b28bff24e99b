using System.Globalization;
using System.Net;
using RaftCluster.Chaos.Cluster;

namespace RaftCluster.Chaos.Network;

/// <summary>
/// The ways between nodes, without privileges: every node reaches every other by addresses of its own, which are the
/// harness's. So any way can be cut in one direction, slowed, or broken, for entries and votes as for forwarded requests.
/// </summary>
internal sealed class NodeNetwork : IDisposable
{
    private readonly IReadOnlyList<MemberAddress> _members;
    private readonly Dictionary<(string From, string To), Direction> _ways = [];
    private readonly Dictionary<(string From, string To), (Door Http, Door Peer)> _doors = [];

    /// <summary>Lays it between nodes, none of which runs.</summary>
    public NodeNetwork(IReadOnlyList<MemberAddress> members)
    {
        _members = members;
        var pairs = members.SelectMany(from => members.Where(to => to != from).Select(to => (From: from, To: to))).ToList();
        foreach (var (from, to) in pairs)
        {
            _ways[(from.Id, to.Id)] = new Direction();
        }

        foreach (var (from, to) in pairs)
        {
            var (there, back) = (_ways[(from.Id, to.Id)], _ways[(to.Id, from.Id)]);
            var doors = (Http: new Door(to.Url.Port, there, back), Peer: new Door(IPEndPoint.Parse(to.Peer).Port, there, back));
            _doors[(from.Id, to.Id)] = doors;

            // For the number of its port.
            doors.Http.Open();
            doors.Peer.Open();
        }
    }

    /// <summary>The members, by the addresses by which one of them reaches the others.</summary>
    public IReadOnlyList<MemberAddress> SeenBy(string id) => [.. _members.Select(member => member.Id == id
        ? member
        : new MemberAddress(
            member.Id,
            new Uri($"http://127.0.0.1:{_doors[(id, member.Id)].Http.Port}"),
            $"127.0.0.1:{_doors[(id, member.Id)].Peer.Port}"))];

    /// <summary>The other nodes' ports, each followed by that of the door to it, for a node that names them by their own.</summary>
    public string RoutesOf(string id) => string.Join(',', _members.Where(member => member.Id != id).Select(member => string.Create(
        CultureInfo.InvariantCulture,
        $"{member.Url.Port},{_doors[(id, member.Id)].Http.Port},{IPEndPoint.Parse(member.Peer).Port},{_doors[(id, member.Id)].Peer.Port}")));

    /// <summary>The ways from some nodes to some others.</summary>
    public IReadOnlyList<Direction> Ways(Func<string, string, bool> which) =>
        [.. _ways.Where(way => which(way.Key.From, way.Key.To)).Select(way => way.Value)];

    /// <summary>Breaks all connections between some nodes.</summary>
    /// <returns>How many.</returns>
    public int Reset(Func<string, string, bool> which) =>
        _doors.Where(door => which(door.Key.From, door.Key.To)).Sum(door => door.Value.Http.Reset() + door.Value.Peer.Reset());

    /// <summary>Keeps back what one node says to another from now on over the connections that it has opened so far.</summary>
    public IReadOnlyList<Passage> Hold(string from, string to) => _doors[(from, to)].Peer.Hold();

    /// <summary>Opens or closes the doors to a node, whose process is there or not.</summary>
    public void Tell(string id, bool isThere)
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
    public void Dispose()
    {
        foreach (var (http, peer) in _doors.Values)
        {
            http.Dispose();
            peer.Dispose();
        }
    }
}
