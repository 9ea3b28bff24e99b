using System.Net;
using RaftCluster.Node.Consensus;

namespace RaftCluster.Tests.Node.Consensus.StockDefects.Scripted;

/// <summary>Members at addresses that nobody calls.</summary>
internal static class Members
{
    /// <summary>n1, n2, ….</summary>
    public static Member[] Of(int count) =>
    [
        .. Enumerable.Range(1, count).Select(number => new Member(
            $"n{number}", new Uri($"http://127.0.0.1:{number + 100}"), new IPEndPoint(IPAddress.Loopback, number))),
    ];
}
