namespace RaftCluster.Node.Configuration;

/// <summary>One option: what it is called everywhere, and what help says of it.</summary>
/// <param name="Name">Its name: <c>--name</c> on the command line, <c>RAFT_NAME</c> in the environment, <c>"name"</c> in the file.</param>
/// <param name="Value">What stands for its value in help; null for a switch.</param>
/// <param name="Help">What it does, with its default.</param>
internal sealed record OptionLine(string Name, string? Value, string Help)
{
    public string Flag => $"--{Name}";

    public string Variable => $"RAFT_{Name.ToUpperInvariant().Replace('-', '_')}";
}

/// <summary>Every option of a node, in the order help shows them.</summary>
internal static class OptionList
{
    public static readonly OptionLine Config = new("config", "FILE", "a JSON file with any of these options");

    public static readonly OptionLine[] All =
    [
        new("node", "ID", "this node's id: 1 to 64 letters, digits, '-', '_' or '.'"),
        new("data", "FOLDER", "where this node keeps its data; made when it is not there"),
        new("http", "URL", "where the HTTP API listens, and what others are told (default http://127.0.0.1:8001)"),
        new("peer", "IP:PORT", "where this node listens for the other nodes (default 127.0.0.1:7001)"),
        new("listen", "IP", "the address that both ports are on, when others reach them by another one; 0.0.0.0 for all (default theirs)"),
        new("members", "LIST", "a new cluster's members: n1=http://127.0.0.1:8001/127.0.0.1:7001,n2=… (default this node alone)"),
        new("join", "URL", "join the cluster of the node with this HTTP API, when the data folder is new"),
        new("promote", "WAY", "how a node that joins gets a vote: auto, manual, or never (a read replica; default auto)"),
        new("cluster", "NAME", "the cluster's name: 1 to 64 characters (default raft)"),
        new("cluster-id", "HEX", "the cluster's id: 16 hexadecimal digits (default a hash of its name and members)"),
        new("insecure", null, "listen on addresses other than loopback, in clear and for everyone"),
        new("election-timeout", "TIME", "silence of the leader after which a node stands for election; docs/failover.md has the cost (default 600ms)"),
        new("heartbeat-interval", "TIME", "how often an idle leader gives a sign of life (default 100ms)"),
        new("failover", "MODE", "automatic, or manual: a node stands only when 'raftctl failover' or a leader tells it to (default automatic)"),
        new("state-version", "NUMBER", "the newest log entries it says it can apply, to keep a way back after an upgrade (default the newest, 2)"),
        new("max-value", "SIZE", "the longest value (default 1MiB)"),
        new("idempotency-keep", "TIME", "how long the outcome of a write with an Idempotency-Key is kept (default 24h)"),
        new("idempotency-keys", "NUMBER", "how many such outcomes are kept, the newest ones (default 100000)"),
        new("max-clock-skew", "TIME", "how far clocks may differ (default 30s)"),
        new("snapshot-log", "SIZE", "take a snapshot when the log has grown by this, and cut the log behind it (default 128MiB)"),
        new("snapshot-interval", "TIME", "take one after this time in any case, when anything was written (default 1h)"),
        new("keep-log", "SIZE", "how much of the log stays behind a snapshot, for followers that lack no more (default 64MiB)"),
        new("snapshot-rate", "SIZE", "the most bytes of snapshots and backups sent in a second (default 32MiB)"),
        new("disk-reserve", "SIZE", "with less than this free on the disk, only what makes room is written; 0 for none (default 2 % of it, 256MiB to 8GiB, at most a tenth)"),
        new("rebuild", null, "set this node's rows and log aside and have them rebuilt from the other nodes"),
        new("keep-history", "TIME", "how long a revision stays readable after the next one, or 'forever' (default 24h)"),
        new("keep-revisions", "NUMBER", "how many revisions stay readable behind the newest, or 'all' (default all)"),
        new("sweep-rate", "NUMBER", "the most versions of rows removed from history in a second (default 20000)"),
        new("feed-readers", "NUMBER", "how many readers of the change feed there may be at a time (default 10000)"),
        new("feed-buffer", "SIZE", "how much of the newest events is kept in memory for them (default 16MiB)"),
        new("feed-progress", "TIME", "how often each is told how far the feed has come (default 5s)"),
        new("feed-stall", "TIME", "how long a reader's connection may take nothing before it is closed (default 10s)"),
        new("backup-folder", "FOLDER", "make backups into this folder, whether this node leads or not: best on one follower (default none)"),
        new("backup-every", "TIME", "how long from one to the next (default 24h)"),
        new("backup-keep", "NUMBER", "how many full ones are kept, with the increments on them (default 7)"),
        new("backup-increments", "NUMBER", "how many increments follow on each full one (default 0)"),
        new("wait", "TIME", "how long a request waits when it does not say (default 5s)"),
        new("exit-with-parent", null, "stop when standard input ends, as it does when the starting process is gone"),
        new("log-level", "LEVEL", "trace, debug, info, warning, error or none (default info)"),
        new("log-format", "FORMAT", "line or json (default line)"),
        new("audit-log", "FILE", "where administrators' actions are written before they are begun and when they are over (default audit.jsonl in the data folder)"),
        new("audit-size", "SIZE", "at which size that file is renamed and a new one begun; nine full ones stay (default 16MiB)"),
        new("otlp-endpoint", "URL", "send traces there by OpenTelemetry's protocol, as http://127.0.0.1:4317 (default OTEL_EXPORTER_OTLP_ENDPOINT, or not at all)"),
        new("otlp-protocol", "PROTOCOL", "how they are sent: grpc, or http (protobuf to /v1/traces below the URL; default grpc)"),
        new("trace-sample", "RATIO", "which part of the requests that belong to no trace yet begins one: 0 to 1 (default 1)"),
        Config,
    ];

    /// <summary>Variables that begin like a node's but belong to another program of the project.</summary>
    public static readonly string[] ForeignVariables = ["RAFT_ENDPOINTS"];

    /// <summary>What <c>--help</c> prints.</summary>
    public static string Help()
    {
        var text = new System.Text.StringBuilder()
            .AppendLine("raftcluster-node: one node of a replicated row store")
            .AppendLine()
            .AppendLine("Usage: raftcluster-node --node ID --data FOLDER [options]")
            .AppendLine("       raftcluster-node log dump|verify FOLDER    reads a node's log without starting it; log --help tells more")
            .AppendLine("       raftcluster-node health [options]          asks the running node how it is; health --help tells more")
            .AppendLine();
        foreach (var line in All)
        {
            text.AppendLine($"  {line.Flag + (line.Value is null ? "" : " " + line.Value),-28} {line.Help}");
        }

        return text
            .AppendLine($"  {"--help",-28} this text")
            .AppendLine($"  {"--version",-28} the version")
            .AppendLine()
            .AppendLine("Each is also a variable (--log-level is RAFT_LOG_LEVEL) and a name in the file (\"log-level\").")
            .Append("The command line wins over the environment, and that over the file.")
            .ToString();
    }
}
