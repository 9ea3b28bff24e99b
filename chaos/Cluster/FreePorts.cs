using System.Net;
using System.Net.Sockets;

namespace RaftCluster.Chaos.Cluster;

/// <summary>Loopback ports that nobody uses at this moment.</summary>
internal static class FreePorts
{
    /// <summary>Some of them, below those that the system gives to connections: a node needs its own again after a restart.</summary>
    public static int[] Find(int count)
    {
        var found = new HashSet<int>();
        while (found.Count < count)
        {
            var port = Random.Shared.Next(12_000, 30_000);
            using var probe = new TcpListener(IPAddress.Loopback, port);
            try
            {
                probe.Start();
                found.Add(port);
            }
            catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                continue;
            }
        }

        return [.. found];
    }
}
