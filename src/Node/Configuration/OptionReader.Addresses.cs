using System.Net;
using RaftCluster.Node.Consensus;

namespace RaftCluster.Node.Configuration;

/// <content>Where the node listens, and what others are told of it.</content>
public sealed partial class OptionReader
{
    private Uri Url(Member? self)
    {
        var fallback = self?.Url ?? new Uri("http://127.0.0.1:8001");
        if (_stated["http"] is not { } stated)
        {
            return fallback;
        }

        if (Addresses.ReadUrl(stated.Text, out var url) is { } wrong)
        {
            Fault("http", $"'{stated.Text}' {wrong}");
            return fallback;
        }

        return url;
    }

    private IPEndPoint Peer(Member? self)
    {
        var fallback = self?.Peer ?? new IPEndPoint(IPAddress.Loopback, 7001);
        if (_stated["peer"] is not { } stated)
        {
            return fallback;
        }

        if (Addresses.ReadPeer(stated.Text, out var peer) is { } wrong)
        {
            Fault("peer", $"'{stated.Text}' {wrong}");
            return fallback;
        }

        return peer;
    }

    private IPAddress? Listen()
    {
        if (_stated["listen"] is not { } stated)
        {
            return null;
        }

        if (!IPAddress.TryParse(stated.Text, out var address))
        {
            Fault("listen", $"'{stated.Text}' is no IP address");
        }

        return address;
    }

    /// <summary>What counts is where the node listens: what others are told may lead there through somebody else.</summary>
    private void CheckLoopback(Uri http, IPEndPoint peer, IPAddress? listen, bool insecure)
    {
        if (insecure)
        {
            return;
        }

        if (listen is not null)
        {
            CheckLoopback("listen", listen);
            return;
        }

        CheckLoopback("http", Addresses.EndPointOf(http).Address);
        CheckLoopback("peer", peer.Address);
    }

    private void CheckLoopback(string name, IPAddress address)
    {
        if (!IPAddress.IsLoopback(address))
        {
            Fault(name, $"{address} is not loopback: everyone who reaches it could read and write everything, "
                + "so it takes --insecure");
        }
    }
}
