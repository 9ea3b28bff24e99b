using System.Globalization;
using System.Net;
using System.Net.Sockets;
using RaftCluster.Node.Consensus;

namespace RaftCluster.Node.Configuration;

/// <summary>Reads and shows the addresses of nodes.</summary>
internal static class Addresses
{
    /// <summary>Reads a base URL: <c>http://HOST:PORT</c>, the host an IP address or <c>localhost</c>.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public static string? ReadUrl(string text, out Uri url)
    {
        url = null!;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var read) || read.Scheme != Uri.UriSchemeHttp)
        {
            return "is no http://HOST:PORT";
        }

        if (read.AbsolutePath != "/" || read.Query.Length > 0 || read.Fragment.Length > 0 || read.UserInfo.Length > 0)
        {
            return "has more than http://HOST:PORT";
        }

        if (AddressOf(read) is not { } address)
        {
            return "needs an IP address or localhost as its host";
        }

        if (read.Port == 0)
        {
            return "needs a port";
        }

        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
        {
            return "can't be told to others: state the address of one interface";
        }

        url = new Uri(read.GetLeftPart(UriPartial.Authority));
        return null;
    }

    /// <summary>Reads <c>IP:PORT</c>.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public static string? ReadPeer(string text, out IPEndPoint peer)
    {
        if (text.StartsWith("localhost:", StringComparison.OrdinalIgnoreCase))
        {
            text = string.Concat("127.0.0.1", text.AsSpan("localhost".Length));
        }

        peer = null!;
        if (!text.Contains(':', StringComparison.Ordinal) || !IPEndPoint.TryParse(text, out var read) || read.Port == 0)
        {
            return "is no IP:PORT";
        }

        if (read.Address.Equals(IPAddress.Any) || read.Address.Equals(IPAddress.IPv6Any))
        {
            return "can't be told to others: state the address of one interface";
        }

        peer = read;
        return null;
    }

    /// <summary>The address that a base URL listens on.</summary>
    public static IPEndPoint EndPointOf(Uri url) =>
        new(AddressOf(url) ?? throw new ArgumentException("not an address of a node", nameof(url)), url.Port);

    /// <summary>Whether only this machine can reach it.</summary>
    public static bool IsLoopback(IPEndPoint endPoint) => IPAddress.IsLoopback(endPoint.Address);

    /// <summary>A base URL without a slash at the end.</summary>
    public static string Show(Uri url) => url.GetLeftPart(UriPartial.Authority);

    /// <summary>A member as the option <c>--members</c> has it.</summary>
    public static string Show(Member member) =>
        string.Create(CultureInfo.InvariantCulture, $"{member.Id}={Show(member.Url)}/{member.Peer}");

    private static IPAddress? AddressOf(Uri url) =>
        url.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? IPAddress.Loopback
        : IPAddress.TryParse(url.Host, out var address)
            && address.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6 ? address
        : null;
}
