using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using RaftCluster.Node.Auditing;
using RaftCluster.Node.Backups;
using RaftCluster.Node.Changes;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consistency;
using RaftCluster.Node.Diagnosis;
using RaftCluster.Node.Http;
using RaftCluster.Node.Leases;
using RaftCluster.Node.Space;
using RaftCluster.StateMachine.Storage;
using RaftCluster.Tests.Node.Retention;
using RaftCluster.Tests.StateMachine;

namespace RaftCluster.Tests.Node.Http;

/// <summary>One node's HTTP side over real rows and a real port, with scripted agreement.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    public const ulong ClusterId = 0x1122334455667788;

    private readonly TemporaryFolder _folder;
    private readonly ApiServer _server;

    private TestNode(
        TemporaryFolder folder, RowStore store, TestConsensus consensus, LeaseKeeper leases, ApiServer server, Member self) =>
        (_folder, Store, Consensus, Leases, _server, Self) = (folder, store, consensus, leases, server, self);

    public RowStore Store { get; }

    public TestConsensus Consensus { get; }

    public LeaseKeeper Leases { get; }

    /// <summary>The room on its disk; null when nobody watches it.</summary>
    public NodeSpace? Space { get; private init; }

    public Member Self { get; }

    /// <summary>What it measures of itself.</summary>
    public NodeDiagnosis Diagnosis { get; private init; } = null!;

    /// <summary>What is wrong with the data folder.</summary>
    public string? NotWritable { get; set; }

    public static History History { get; } = new(ClusterId, 1);

    public BackupSource Backups { get; private init; } = null!;

    public TestCopies Copies { get; private init; } = null!;

    public HttpClient Http { get; private init; } = null!;

    public HttpClient Http2 { get; private init; } = null!;

    /// <summary>Starts one node that leads.</summary>
    /// <param name="change">Changes its options.</param>
    /// <param name="volume">Its disk; null when nobody watches its room.</param>
    /// <param name="audit">Its audit log; null for one of its own.</param>
    public static async Task<TestNode> LeaderAsync(Func<NodeOptions, NodeOptions>? change = null, IVolume? volume = null, AuditLog? audit = null)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                var member = Members(1)[0];
                var node = await StartAsync(member, [member], change, volume, audit);
                node.Consensus.Lead();
                return node;
            }
            catch (IOException) when (tries < 3)
            {
                // Somebody took the port between its choice and its use.
            }
        }
    }

    /// <summary>Starts a leader and a follower.</summary>
    public static async Task<(TestNode Leader, TestNode Follower)> PairAsync(Func<NodeOptions, NodeOptions>? change = null)
    {
        var members = Members(2);
        var leader = await StartAsync(members[0], members, change);
        var follower = await StartAsync(members[1], members, change);
        leader.Consensus.Lead();
        follower.Consensus.Follow(leader.Consensus, leader.Self);
        return (leader, follower);
    }

    public static async Task<TestNode> StartAsync(
        Member self, ImmutableArray<Member> members, Func<NodeOptions, NodeOptions>? change = null, IVolume? volume = null, AuditLog? audit = null)
    {
        var options = new NodeOptions
        {
            Node = self.Id,
            Data = "unused",
            Http = self.Url,
            Peer = self.Peer,
            Members = members,
            ClusterId = ClusterId,
        };
        options = change?.Invoke(options) ?? options;
        var folder = new TemporaryFolder();
        var store = RowStore.Open(Path.Combine(folder.Path, "rows"), new RowStoreOptions { BlockCacheBytes = 8 << 20, WriteBufferBytes = 8 << 20 });
        var consensus = new TestConsensus(self, members, store, TimeProvider.System);
        TestNode? node = null;
        var leases = new LeaseKeeper(consensus, store, TimeProvider.System);
        store.LeaseListener = leases;
        leases.Start();
        var copies = new TestCopies(store, folder.Path);
        var backups = new BackupSource(options, History, consensus, store, copies, TimeProvider.System);
        var space = volume is null
            ? null
            : new NodeSpace(self.Id, folder.Path, () => "rows", options.DiskReserve, volume, new QuickTime(), NullLogger.Instance);
        var diagnosis = new NodeDiagnosis(TimeProvider.System);
        var server = await ApiServer.StartAsync(
            options, History, consensus, store, leases, backups, () => node?.NotWritable, NullLoggerFactory.Instance, TimeProvider.System, space, diagnosis,
            audit ?? AuditLog.Of(folder.Path, self.Id));
        return node = new TestNode(folder, store, consensus, leases, server, self)
        {
            Backups = backups,
            Copies = copies,
            Space = space,
            Diagnosis = diagnosis,
            Http = Client(self.Url, HttpVersion.Version11),
            Http2 = Client(self.Url, HttpVersion.Version20),
        };
    }

    public static ImmutableArray<Member> Members(int count)
    {
        var ports = new List<(TcpListener Http, TcpListener Peer)>();
        for (var at = 0; at < count; at++)
        {
            ports.Add((Listen(), Listen()));
        }

        var members = ports.Select((port, at) => new Member(
            $"n{at + 1}", new Uri($"http://{port.Http.LocalEndpoint}"), (IPEndPoint)port.Peer.LocalEndpoint)).ToImmutableArray();
        ports.ForEach(port =>
        {
            port.Http.Stop();
            port.Peer.Stop();
        });
        return members;

        static TcpListener Listen()
        {
            var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            return listener;
        }
    }

    /// <summary>Sends a request; headers are written <c>"Name: value"</c>.</summary>
    public Task<Answer> SendAsync(string verb, string target, string? body = null, params string[] headers) =>
        SendAsync(Http, verb, target, body is null ? null : Encoding.UTF8.GetBytes(body), headers);

    public Task<Answer> PutAsync(string key, string value, params string[] headers) =>
        SendAsync("PUT", $"/v1/kv/{key}", value, headers);

    public Task<Answer> GetAsync(string target, params string[] headers) => SendAsync("GET", target, null, headers);

    public static async Task<Answer> SendAsync(
        HttpClient http, string verb, string target, byte[]? body, params string[] headers)
    {
        var uri = new Uri(
            http.BaseAddress!.GetLeftPart(UriPartial.Authority) + target,
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(new HttpMethod(verb), uri)
        {
            Version = http.DefaultRequestVersion,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body is null ? null : new ByteArrayContent(body),
        };
        foreach (var header in headers)
        {
            var (name, value) = (header[..header.IndexOf(':')], header[(header.IndexOf(':') + 1)..].Trim());
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content!.Headers.TryAddWithoutValidation(name, value);
            }
        }

        using var response = await http.SendAsync(request);
        var bytes = await response.Content.ReadAsByteArrayAsync();
        var read = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        return new Answer((int)response.StatusCode, read, bytes, response.Version);
    }

    /// <summary>The readers of the change feed.</summary>
    public ChangeHub Feeds => _server.Feeds;

    /// <summary>Stops to listen, and finishes what is under way.</summary>
    public Task StopGentlyAsync(CancellationToken patience) => _server.StopAsync(patience);

    /// <summary>Stops to listen, as a node that dies does.</summary>
    public Task StopAsync() => _server.StopAsync(new CancellationToken(canceled: true));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        Http2.Dispose();
        await _server.DisposeAsync();
        await Leases.DisposeAsync();
        Backups.Dispose();
        if (Space is not null)
        {
            await Space.DisposeAsync();
        }

        Store.Dispose();
        _folder.Dispose();
    }

    private static HttpClient Client(Uri url, Version version) => new(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        BaseAddress = url,
        DefaultRequestVersion = version,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };
}

/// <summary>An answer, read whole.</summary>
internal sealed record Answer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Bytes, Version Version)
{
    public string Text => Encoding.UTF8.GetString(Bytes);

    public JsonElement Json => JsonDocument.Parse(Bytes).RootElement;

    public string Code => Json.GetProperty("code").GetString()!;

    public string Outcome => Json.GetProperty("outcome").GetString()!;

    public string? Field => Json.TryGetProperty("field", out var name) ? name.GetString() : null;

    public string? this[string header] => Headers.TryGetValue(header, out var value) ? value : null;

    public long Revision => long.Parse(Headers["Raft-Revision"], System.Globalization.CultureInfo.InvariantCulture);
}
