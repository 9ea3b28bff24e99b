using System.Collections.Immutable;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Snapshots;
using RaftCluster.Tests.StateMachine;

namespace RaftCluster.Tests.Node.Offline;

/// <summary>What a cluster of three nodes leaves.</summary>
internal static class LostCluster
{
    /// <summary>Its members.</summary>
    public static ImmutableArray<Member> Members { get; } =
    [
        .. Enumerable.Range(1, 3).Select(i => new Member(
            $"n{i}", new Uri($"http://127.0.0.1:800{i}"), new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 7000 + i))),
    ];

    /// <summary>A node's data folder, whose log has so many entries, the first half of them applied.</summary>
    public static async Task MakeAsync(string data, string node, long term, int entries)
    {
        Assert.Null(DataFolder.Open(data, out var folder));
        using (folder)
        {
            Assert.Null(folder!.Claim(
                new NodeIdentity
                {
                    Format = 1,
                    Cluster = "raft",
                    ClusterId = "0123456789abcdef",
                    Epoch = 1,
                    Node = node,
                    Http = "http://127.0.0.1:8001",
                    Peer = "127.0.0.1:7001",
                    Members = [.. Members.Select(Addresses.Show)],
                },
                StatedOptions.All));
            await using var storage = await NodeStorage.OpenAsync(data, Members, segmentBytes: 1 << 16);
            storage.Votes.Save(term, []);
            for (var index = 1; index <= entries; index++)
            {
                var entry = Entries.Entry(index, Entries.Put($"row/{index}"));
                storage.Log.Append(term, LogEntryKind.Command, entry);
                if (index <= entries / 2)
                {
                    storage.Rows.Apply(index, term, entry);
                }
            }

            Assert.True(await storage.Log.SyncAsync(entries));
        }
    }
}
