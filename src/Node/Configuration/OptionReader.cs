using System.Collections;
using System.Collections.Immutable;
using System.Globalization;
using RaftCluster.Node.Auditing;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Elections;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Configuration;

/// <summary>What came of reading the options.</summary>
public abstract record OptionsRead
{
    private OptionsRead()
    {
    }

    /// <summary>They are complete and sound.</summary>
    public sealed record Sound(NodeOptions Options) : OptionsRead;

    /// <summary>They are not: a line for each fault.</summary>
    public sealed record Faulty(ImmutableArray<string> Faults) : OptionsRead;

    /// <summary>Something was asked instead of a start: the text that answers it.</summary>
    public sealed record Asked(string Text) : OptionsRead;
}

/// <summary>Reads and checks the options of a node; every fault is named, not only the first.</summary>
public sealed partial class OptionReader
{
    private readonly List<string> _faults = [];
    private readonly OptionSources _stated;

    private readonly IDictionary _environment;

    private OptionReader(IReadOnlyList<string> arguments, IDictionary environment) =>
        (_environment, _stated) = (environment, OptionSources.Read(arguments, environment, _faults));

    /// <summary>Reads the options: the command line wins over the environment, and that over the file.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="environment">The environment's variables.</param>
    public static OptionsRead Read(IReadOnlyList<string> arguments, IDictionary environment)
    {
        var reader = new OptionReader(arguments, environment);
        if (reader._stated.Help)
        {
            return new OptionsRead.Asked(OptionList.Help());
        }

        if (reader._stated.Version)
        {
            return new OptionsRead.Asked($"raftcluster-node {Product.Version}");
        }

        var options = reader.Read();
        return reader._faults.Count == 0
            ? new OptionsRead.Sound(options)
            : new OptionsRead.Faulty([.. reader._faults]);
    }

    private NodeOptions Read()
    {
        var node = Name("node", fallback: null);
        var members = Members();
        var self = members.FirstOrDefault(member => member.Id == node);
        var http = Url(self);
        var peer = Peer(self);
        var insecure = Switch("insecure");
        var cluster = Name("cluster", "raft");
        var join = Join();
        if (join is not null)
        {
            members = [];
        }
        else if (members.IsEmpty)
        {
            members = [new Member(node, http, peer)];
        }
        else
        {
            CheckSelf(node, http, peer, self);
        }

        var listen = Listen();
        CheckLoopback(http, peer, listen, insecure);
        var options = new NodeOptions
        {
            Node = node,
            Data = Text("data"),
            Http = http,
            Peer = peer,
            Listen = listen,
            Members = members,
            Join = join,
            Promote = Choice("promote", Promotion.Auto, _promotions),
            Stated = new StatedOptions(Is("cluster"), Is("cluster-id"), Is("http"), Is("peer")),
            StatedMembers = Is("members") ? [.. members.Select(member => member.Id)] : null,
            Cluster = cluster,
            ClusterId = ClusterId(cluster, members),
            Insecure = insecure,
            ElectionTimeout = Time("election-timeout", 600, least: 50, most: 60_000),
            HeartbeatInterval = Time("heartbeat-interval", 100, least: 10, most: 20_000),
            Failover = Choice("failover", FailoverMode.Automatic, _failovers),
            StateVersion = Number("state-version", EntryCodec.Format, least: ConsensusOptions.FirstVersion, most: EntryCodec.Format),
            MaxValue = (int)Size("max-value", 1 << 20, least: 1, most: 4 << 20),
            IdempotencyKeep = Time("idempotency-keep", 86_400_000, least: 1000, most: int.MaxValue),
            IdempotencyKeys = Count("idempotency-keys", 100_000, least: 1, most: 10_000_000),
            MaxClockSkew = Time("max-clock-skew", 30_000, least: 100, most: 86_400_000),
            SnapshotLog = Size("snapshot-log", 128 << 20, least: 1 << 20, most: 1L << 40),
            SnapshotInterval = Time("snapshot-interval", 3_600_000, least: 1000, most: int.MaxValue),
            KeepLog = Size("keep-log", 64 << 20, least: 0, most: 1L << 40),
            SnapshotRate = (int)Size("snapshot-rate", 32 << 20, least: 64 << 10, most: 1 << 30),
            DiskReserve = _stated["disk-reserve"] is null ? null : Size("disk-reserve", 0, least: 0, most: 1L << 40),
            Rebuild = Switch("rebuild"),
            KeepHistory = Bound("keep-history", "forever", TimeSpan.FromHours(24), () => Time("keep-history", 86_400_000, least: 1000, most: int.MaxValue)),
            KeepRevisions = Bound("keep-revisions", "all", (long?)null, () => Number("keep-revisions", 0, least: 0, most: int.MaxValue)),
            SweepRate = Number("sweep-rate", 20_000, least: 10, most: 10_000_000),
            FeedReaders = Number("feed-readers", 10_000, least: 0, most: 1_000_000),
            FeedBuffer = Size("feed-buffer", 16 << 20, least: 64 << 10, most: 1L << 32),
            FeedProgress = Time("feed-progress", 5_000, least: 100, most: 10_000),
            FeedStall = Time("feed-stall", 10_000, least: 100, most: 600_000),
            BackupFolder = Is("backup-folder") ? Text("backup-folder") : null,
            BackupEvery = Time("backup-every", 86_400_000, least: 1000, most: int.MaxValue),
            BackupKeep = Number("backup-keep", 7, least: 1, most: 10_000),
            BackupIncrements = Number("backup-increments", 0, least: 0, most: 10_000),
            Wait = Time("wait", 5_000, least: 0, most: 600_000),
            ExitWithParent = Switch("exit-with-parent"),
            LogLevel = Choice("log-level", LogLevel.Information, _levels),
            LogFormat = Choice("log-format", LogFormat.Line, _formats),
            Otlp = Otlp(),
            AuditLog = Is("audit-log") ? Text("audit-log") : null,
            AuditSize = Size("audit-size", AuditLog.DefaultSize, least: 64 << 10, most: 1L << 40),
            StatedValues = [.. OptionList.All.Where(line => _stated[line.Name] is not null).Select(line => (line.Name, _stated[line.Name]!.Value.Text))],
        };
        if (_faults.Count == 0 && options.HeartbeatInterval * 3 > options.ElectionTimeout)
        {
            Fault("heartbeat-interval", $"{Duration.Format(options.HeartbeatInterval)} is too long: three must fit into the "
                + $"election timeout of {Duration.Format(options.ElectionTimeout)}");
        }

        if (options.Failover == FailoverMode.Manual && members.Length == 1)
        {
            Fault("failover", "can't be manual: this node is the whole cluster, and leads from its start");
        }

        if (join is null && Is("promote"))
        {
            Fault("promote", "goes with --join; a member's way to a vote is changed with 'raftctl member'");
        }

        foreach (var name in (string[])["backup-every", "backup-keep", "backup-increments"])
        {
            if (Is(name) && !Is("backup-folder"))
            {
                Fault(name, "goes with --backup-folder");
            }
        }

        return options;
    }

    private static readonly (string, LogLevel)[] _levels =
    [
        ("trace", LogLevel.Trace), ("debug", LogLevel.Debug), ("info", LogLevel.Information),
        ("warning", LogLevel.Warning), ("error", LogLevel.Error), ("none", LogLevel.None),
    ];

    private static readonly (string, Promotion)[] _promotions =
        [("auto", Promotion.Auto), ("manual", Promotion.Manual), ("never", Promotion.Never)];

    private static readonly (string, FailoverMode)[] _failovers = [("automatic", FailoverMode.Automatic), ("manual", FailoverMode.Manual)];

    private static readonly (string, LogFormat)[] _formats = [("line", LogFormat.Line), ("json", LogFormat.Json)];

    private void Fault(string name, string what) =>
        _faults.Add($"{_stated[name]?.Where ?? "--" + name} {what}");

    private bool Is(string name) => _stated[name] is not null;

    private string Text(string name)
    {
        if (_stated[name] is not { } stated)
        {
            Fault(name, $"is missing: {Array.Find(OptionList.All, line => line.Name == name)!.Help}");
            return "";
        }

        if (string.IsNullOrWhiteSpace(stated.Text) || stated.Text.Contains('\0', StringComparison.Ordinal))
        {
            Fault(name, "is empty");
        }

        return stated.Text;
    }

    private string Name(string name, string? fallback)
    {
        if (_stated[name] is null && fallback is not null)
        {
            return fallback;
        }

        var text = Text(name);
        if (text.Length > 0 && !NodeName.IsValid(text))
        {
            Fault(name, $"'{text}' is no name: {NodeName.Form}");
        }

        return text;
    }

    private bool Switch(string name)
    {
        if (_stated[name] is not { } stated)
        {
            return false;
        }

        if (!bool.TryParse(stated.Text, out var on))
        {
            Fault(name, $"'{stated.Text}' is neither true nor false");
        }

        return on;
    }

    private TimeSpan Time(string name, int fallback, int least, int most)
    {
        var duration = TimeSpan.FromMilliseconds(fallback);
        if (_stated[name] is not { } stated)
        {
            return duration;
        }

        if (!Duration.TryParse(stated.Text, out duration))
        {
            Fault(name, $"'{stated.Text}' is no time: {Duration.Form}");
        }
        else if (duration.TotalMilliseconds < least || duration.TotalMilliseconds > most)
        {
            Fault(name, $"{stated.Text} is out of bounds: {Duration.Format(TimeSpan.FromMilliseconds(least))} "
                + $"to {Duration.Format(TimeSpan.FromMilliseconds(most))}");
        }

        return duration;
    }

    private int Number(string name, int fallback, int least, int most)
    {
        if (_stated[name] is not { } stated)
        {
            return fallback;
        }

        var isNumber = int.TryParse(stated.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        if (!isNumber || number < least || number > most)
        {
            Fault(name, $"'{stated.Text}' is no number from {least} to {most}");
        }

        return number;
    }

    /// <summary>A bound that a word lifts.</summary>
    private T? Bound<T>(string name, string none, T? fallback, Func<T> read)
        where T : struct =>
        _stated[name] is not { } stated ? fallback : stated.Text == none ? null : read();

    private long Size(string name, long fallback, long least, long most)
    {
        if (_stated[name] is not { } stated)
        {
            return fallback;
        }

        if (!ByteSize.TryParse(stated.Text, out var bytes))
        {
            Fault(name, $"'{stated.Text}' is no size: {ByteSize.Form}");
        }
        else if (bytes < least || bytes > most)
        {
            Fault(name, $"{stated.Text} is out of bounds: {least} to {most} bytes");
        }

        return Math.Clamp(bytes, least, most);
    }

    private int Count(string name, int fallback, int least, int most)
    {
        if (_stated[name] is not { } stated)
        {
            return fallback;
        }

        if (!int.TryParse(stated.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count < least || count > most)
        {
            Fault(name, $"'{stated.Text}' is no whole number from {least} to {most}");
            return fallback;
        }

        return count;
    }

    private T Choice<T>(string name, T fallback, (string Text, T Value)[] choices)
    {
        if (_stated[name] is not { } stated)
        {
            return fallback;
        }

        foreach (var (text, value) in choices)
        {
            if (text == stated.Text)
            {
                return value;
            }
        }

        Fault(name, $"'{stated.Text}' is none of {string.Join(", ", choices.Select(choice => choice.Text))}");
        return fallback;
    }
}
