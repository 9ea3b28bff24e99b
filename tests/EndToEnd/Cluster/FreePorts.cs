using System.Net;
using System.Net.Sockets;

namespace RaftCluster.Tests.EndToEnd.Cluster;

/// <summary>
/// Loopback ports that were free a moment ago, all different. Somebody else may take one before it is used: whoever
/// starts a server on them tries again with others then.
/// </summary>
internal static class FreePorts
{
    public static int[] Find(int count)
    {
        var probes = new List<TcpListener>();
        try
        {
            for (var i = 0; i < count; i++)
            {
                var probe = new TcpListener(IPAddress.Loopback, 0);
                probe.Start();
                probes.Add(probe);
            }

            return [.. probes.Select(probe => ((IPEndPoint)probe.LocalEndpoint).Port)];
        }
        finally
        {
            probes.ForEach(probe => probe.Dispose());
        }
    }
}
