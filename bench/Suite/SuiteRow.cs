using RaftCluster.Bench.Failover;
using RaftCluster.Bench.Load;

namespace RaftCluster.Bench.Suite;

/// <summary>What a row's figure is of etcd's.</summary>
internal enum Better
{
    /// <summary>A rate: this product's median must be at least so many times etcd's.</summary>
    Higher,

    /// <summary>A time or a size: this product's median must be at most such a share of etcd's.</summary>
    Lower,

    /// <summary>A time: this product's median must be at most such a share of the best that etcd did.</summary>
    LowerThanBest,
}

/// <summary>One line of the table: something measured of this product and of etcd, and what is wanted of the two.</summary>
/// <param name="Name">How it is called on the command line.</param>
/// <param name="Title">What is measured.</param>
/// <param name="Beside">What of etcd stands beside it.</param>
/// <param name="Unit">The figure's unit.</param>
/// <param name="Better">What is wanted.</param>
/// <param name="Factor">The target ratio, this product's figure over etcd's.</param>
internal abstract record SuiteRow(string Name, string Title, string Beside, string Unit, Better Better, double Factor)
{
    /// <summary>All rows, in the order in which they are measured and shown.</summary>
    public static IReadOnlyList<SuiteRow> All { get; } =
    [
        new LoadRow("put-1", "put, 1 client", Work.Put, 1, 1.2) { WithMedian = true },
        new LoadRow("put-64", "put, 64 clients", Work.Put, 64, 2.5),
        new LoadRow("put-256", "put, 256 clients", Work.Put, 256, 2.5),
        new LoadRow("put-follower-64", "put through a follower, 64 clients", Work.Put, 64, 2.5) { Via = Via.Follower },
        new LoadRow("put-gathered-64", "put, 64 clients that share 8 connections", Work.PutGathered, 64, 2.5),
        new LoadRow("put-gathered-256", "put, 256 clients that share 8 connections", Work.PutGathered, 256, 2.5),
        new LoadRow("put-gathered-follower-64", "put through a follower, 64 clients that share 8 connections", Work.PutGathered, 64, 2.5) { Via = Via.Follower },
        new LoadRow("put-gateway-64", "put, 64 clients", Work.Put, 64, 5) { IsGateway = true },
        new LoadRow("txn-100", "transactions of 100, 64 clients", Work.Transaction, 64, 5) { KeysOfRequest = WorkNames.TransactionKeys },
        new LoadRow("get-64", "linearizable get, 64 clients, leader", Work.GetLinearizable, 64, 1.5),
        new LoadRow("get-follower-64", "linearizable get, 64 clients, follower", Work.GetLinearizable, 64, 1.5) { Via = Via.Follower },
        new LoadRow("get-local-64", "local get, 64 clients", Work.GetLocal, 64, 2),
        new LoadRow("get-session-64", "session get, 64 clients", Work.GetSession, 64, 2),
        new LoadRow("mix-64", "9 linearizable gets to a put, 64 clients", Work.Mix, 64, 2),
        new StoredRow("memory", "resident memory of a node, rows just written", "MiB", 0.5),
        new StoredRow("memory-restarted", "resident memory of a node, after a restart", "MiB", 0.5),
        new StoredRow("restart", "restart of all nodes, to a linearizable read on each", "s", 0.5),
        new StoredRow("catch-up", "a fresh node's start, to its having all rows", "s", 0.5),
        new GapRow("gap-kill", "write gap, the leader is killed", Loss.Kill, 0.5) { WithWorst = true },
        new GapRow("gap-transfer", "write gap, the leader hands over", Loss.Transfer, 1),
        new GapRow("gap-stop", "write gap, the leader is asked to stop", Loss.Stop, 1),
        new StartRow("start-1", "start to first write, one node, empty", 1),
        new StartRow("start-3", "start to first write, three nodes, empty", 3),
    ];

    /// <summary>Reads names.</summary>
    /// <exception cref="FormatException">There is no such row.</exception>
    public static SuiteRow Parse(string name) => All.FirstOrDefault(row => row.Name == name)
        ?? throw new FormatException($"no row is called '{name}': {string.Join(", ", All.Select(row => row.Name))}");

    /// <summary>Its name: what help shows of it.</summary>
    public sealed override string ToString() => Name;

    /// <summary>The target, in words.</summary>
    public virtual string Target => Better switch
    {
        Better.Higher => FormattableString.Invariant($"{Factor:0.##} times"),
        _ when Factor < 1 => FormattableString.Invariant($"{Factor:0.##} of it"),
        Better.Lower => "not longer",
        _ => "not longer than its best",
    };
}

/// <summary>Requests under way all the time, each client sending its next one when its last is answered.</summary>
/// <param name="Name">How it is called on the command line.</param>
/// <param name="Title">What is measured.</param>
/// <param name="Work">What each request does.</param>
/// <param name="Clients">How many are under way.</param>
/// <param name="Factor">How many times etcd's rate is wanted.</param>
internal sealed record LoadRow(string Name, string Title, Work Work, int Clients, double Factor)
    : SuiteRow(Name, Title, "gRPC", "requests/s", Better.Higher, Factor)
{
    /// <summary>The node that is asked.</summary>
    public Via Via { get; init; }

    /// <summary>Whether etcd is asked through its HTTP gateway.</summary>
    public bool IsGateway
    {
        get;
        init => (field, Beside) = (value, value ? "HTTP gateway" : "gRPC");
    }

    /// <summary>Whether the median time must be lower too.</summary>
    public bool WithMedian { get; init; }

    /// <summary>How many keys a request is about.</summary>
    public int KeysOfRequest
    {
        get;
        init => (field, Unit) = (value, value == 1 ? "requests/s" : "keys/s");
    }

    = 1;

    /// <inheritdoc/>
    public override string Target => base.Target + (WithMedian ? ", p50 lower" : "") + ", p99 not worse";
}

/// <summary>A cluster with many rows of 256 bytes.</summary>
/// <param name="Name">How it is called on the command line.</param>
/// <param name="Title">What is measured.</param>
/// <param name="Unit">The figure's unit.</param>
/// <param name="Factor">What share of etcd's is wanted.</param>
internal sealed record StoredRow(string Name, string Title, string Unit, double Factor)
    : SuiteRow(Name, Title, "etcd", Unit, Better.Lower, Factor);

/// <summary>A leader that goes.</summary>
/// <param name="Name">How it is called on the command line.</param>
/// <param name="Title">What is measured.</param>
/// <param name="Loss">How it goes.</param>
/// <param name="Factor">What share of etcd's is wanted.</param>
internal sealed record GapRow(string Name, string Title, Loss Loss, double Factor)
    : SuiteRow(Name, Title, "etcd", "ms", Better.Lower, Factor)
{
    /// <summary>Whether the worst gap of all is held to the same share.</summary>
    public bool WithWorst { get; init; }

    /// <inheritdoc/>
    public override string Target => base.Target + (WithWorst ? ", median and worst" : "");
}

/// <summary>Processes that start with empty folders.</summary>
/// <param name="Name">How it is called on the command line.</param>
/// <param name="Title">What is measured.</param>
/// <param name="Nodes">How many.</param>
internal sealed record StartRow(string Name, string Title, int Nodes)
    : SuiteRow(Name, Title, "its best", "s", Better.LowerThanBest, 1);
