using System.Net;
using System.Net.Sockets;

namespace RaftCluster.Cli.Up;

/// <summary>Whether the ports that a cluster needs are free.</summary>
internal static class Ports
{
    /// <exception cref="UpRefusedException">One is taken.</exception>
    internal static void MustBeFree(ClusterLayout layout)
    {
        foreach (var node in layout.Nodes)
        {
            MustBeFree(node, node.Http.Port, "--http-port");
            MustBeFree(node, node.PeerPort, "--peer-port");
        }
    }

    private static void MustBeFree(NodePlace node, int port, string option)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
            probe.Listen();
        }
        catch (SocketException taken)
        {
            throw new UpRefusedException(
                $"port {port}, which {node.Id} needs, can't be listened on: {taken.Message}. "
                + $"Stop what uses it, or start another cluster with {option} and --data.");
        }
    }
}
