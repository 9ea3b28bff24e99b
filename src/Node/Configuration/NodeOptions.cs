using System.Collections.Immutable;
using System.IO.Hashing;
using System.Net;
using System.Text;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Elections;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Configuration;

/// <summary>How the log is written to standard error.</summary>
public enum LogFormat : byte
{
    /// <summary>One line a message, for people.</summary>
    Line = 0,

    /// <summary>One JSON object a line, for machines.</summary>
    Json = 1,
}

/// <summary>Which of the options that a data folder may know better were stated.</summary>
public sealed record StatedOptions(bool Cluster, bool ClusterId, bool Http, bool Peer)
{
    /// <summary>All of them.</summary>
    public static StatedOptions All { get; } = new(true, true, true, true);
}

/// <summary>All that a node is told at start, checked. Immutable.</summary>
public sealed record NodeOptions
{
    /// <summary>This node's id.</summary>
    public required string Node { get; init; }

    /// <summary>The folder that holds all of this node's data.</summary>
    public required string Data { get; init; }

    /// <summary>Where the HTTP API listens, and the address that others are told.</summary>
    public required Uri Http { get; init; }

    /// <summary>Where this node listens for the other nodes.</summary>
    public required IPEndPoint Peer { get; init; }

    /// <summary>The address that both ports are listened on; null for those that others are told.</summary>
    public IPAddress? Listen { get; init; }

    /// <summary>Where the HTTP API listens.</summary>
    public IPEndPoint HttpEndPoint => Addresses.EndPointOf(Http) is var told && Listen is null ? told : new IPEndPoint(Listen!, told.Port);

    /// <summary>Where the port for the other nodes is.</summary>
    public IPEndPoint PeerEndPoint => Listen is null ? Peer : new IPEndPoint(Listen, Peer.Port);

    /// <summary>The members in which the cluster began, ordered by id; none for a node that joins.</summary>
    public required ImmutableArray<Member> Members { get; init; }

    /// <summary>The names of the members that were stated, in order; null when none were.</summary>
    public ImmutableArray<string>? StatedMembers { get; init; }

    /// <summary>A node's HTTP API through which this one, when it is new, joins a cluster; null for none.</summary>
    public Uri? Join { get; init; }

    /// <summary>How a node that joins gets a vote.</summary>
    public Promotion Promote { get; init; } = Promotion.Auto;

    /// <summary>Which of the options were stated: what was not is taken from the data folder, where that has it.</summary>
    public StatedOptions Stated { get; init; } = StatedOptions.All;

    /// <summary>The cluster's name.</summary>
    public string Cluster { get; init; } = "raft";

    /// <summary>The cluster's id: what keeps two clusters apart that meet by mistake.</summary>
    public required ulong ClusterId { get; init; }

    /// <summary>Whether addresses other than loopback may be listened on although nothing is encrypted or authenticated.</summary>
    public bool Insecure { get; init; }

    /// <summary>Whether the node stops when its standard input ends, as it does when the process that started it is gone.</summary>
    public bool ExitWithParent { get; init; }

    /// <summary>The time without a sign of life from a leader after which a node stands for election, or agrees that another one does.</summary>
    public TimeSpan ElectionTimeout { get; init; } = TimeSpan.FromMilliseconds(600);

    /// <summary>How often an idle leader gives a sign of life.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Who decides that this node stands for election.</summary>
    public FailoverMode Failover { get; init; }

    /// <summary>The newest entries that this node says it can apply: as long as one member stays below, all can be rolled back.</summary>
    public int StateVersion { get; init; } = EntryCodec.Format;

    /// <summary>The longest value, in bytes.</summary>
    public int MaxValue { get; init; } = 1 << 20;

    /// <summary>How long a revision stays readable after the next one; null for ever. The leader's counts.</summary>
    public TimeSpan? KeepHistory { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How many revisions stay readable behind the newest; null for all. The leader's counts.</summary>
    public long? KeepRevisions { get; init; }

    /// <summary>The most versions and changes that are removed from history in a second.</summary>
    public int SweepRate { get; init; } = 20_000;

    /// <summary>How long the outcome of a write with an idempotency key is kept, by the log's time.</summary>
    public TimeSpan IdempotencyKeep { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How many such outcomes are kept; the oldest go first.</summary>
    public int IdempotencyKeys { get; init; } = 100_000;

    /// <summary>How far this machine's clock may be behind the history's.</summary>
    public TimeSpan MaxClockSkew { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>By how many bytes the log may grow before a snapshot is taken and the log is cut behind it.</summary>
    public long SnapshotLog { get; init; } = 128 << 20;

    /// <summary>How long after a snapshot the next one is taken, when anything was written since.</summary>
    public TimeSpan SnapshotInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How many bytes of the log stay behind a snapshot, for followers that lack no more than that.</summary>
    public long KeepLog { get; init; } = 64 << 20;

    /// <summary>The most bytes of snapshots sent in a second, to all other nodes together.</summary>
    public int SnapshotRate { get; init; } = 32 << 20;

    /// <summary>How many bytes of its disk stay free; null for a share of the disk, 0 for none.</summary>
    public long? DiskReserve { get; init; }

    /// <summary>Whether this node sets its rows and log aside and begins anew, to be rebuilt from the others.</summary>
    public bool Rebuild { get; init; }

    /// <summary>The folder into which this node makes backups by itself; null for none.</summary>
    public string? BackupFolder { get; init; }

    /// <summary>How long from one such backup to the next.</summary>
    public TimeSpan BackupEvery { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How many full ones are kept, with the increments on them.</summary>
    public int BackupKeep { get; init; } = 7;

    /// <summary>How many increments follow on each full one.</summary>
    public int BackupIncrements { get; init; }

    /// <summary>How long a request waits when it does not say (<c>Raft-Wait</c>).</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many readers of the change feed there may be at a time.</summary>
    public int FeedReaders { get; init; } = 10_000;

    /// <summary>How many bytes of recent events are kept in memory for all readers of the change feed.</summary>
    public long FeedBuffer { get; init; } = 16 << 20;

    /// <summary>How often a reader of the change feed is told how far it has come; at most 10 s.</summary>
    public TimeSpan FeedProgress { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the connection of a reader of the change feed may take nothing before it is closed.</summary>
    public TimeSpan FeedStall { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The least severe messages that are logged.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>How messages are written.</summary>
    public LogFormat LogFormat { get; init; }

    /// <summary>The file of the audit log; null for one in the data folder.</summary>
    public string? AuditLog { get; init; }

    /// <summary>At how many bytes a new file is begun; nine full ones stay.</summary>
    public long AuditSize { get; init; } = Auditing.AuditLog.DefaultSize;

    /// <summary>Where traces are sent, and which; null for nowhere.</summary>
    public OtlpOptions? Otlp { get; init; }

    /// <summary>What was stated, by the options' names: not what is left to its default.</summary>
    public ImmutableArray<(string Name, string Value)> StatedValues { get; init; } = [];

    /// <summary>This node as a member.</summary>
    public Member Self => new(Node, Http, Peer);

    /// <summary>The id of a cluster that states none: a hash of its name and its initial members, the same on all of them.</summary>
    public static ulong HashOf(string cluster, IEnumerable<Member> members)
    {
        var text = new StringBuilder(cluster);
        foreach (var member in members.OrderBy(member => member.Id, StringComparer.Ordinal))
        {
            text.Append('\n').Append(Addresses.Show(member));
        }

        return XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(text.ToString()));
    }
}
