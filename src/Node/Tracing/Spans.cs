namespace RaftCluster.Node.Tracing;

/// <summary>Every span that a node makes, by its name. <c>docs/tracing.md</c> is tested against this list and <see cref="SpanAttributes"/>.</summary>
internal static class Spans
{
    /// <summary>On a node that does not lead: a request is sent to the leader, up to its answer.</summary>
    public const string Forward = "raftcluster.forward";

    /// <summary>On the leader: a transaction waits for its place in an entry, is replicated and applied.</summary>
    public const string Propose = "raftcluster.propose";

    /// <summary>Below <see cref="Propose"/>: from the entry's making up to the moment when it is taken to be applied.</summary>
    public const string Commit = "raftcluster.commit";

    /// <summary>Below <see cref="Propose"/>: the entry is applied to the rows.</summary>
    public const string Apply = "raftcluster.apply";

    /// <summary>A read waits until this copy is fresh enough.</summary>
    public const string ReadGate = "raftcluster.read.gate";
}

/// <summary>Every attribute of the spans: OpenTelemetry's names where it has one, and else such as begin with <c>raftcluster.</c>.</summary>
internal static class SpanAttributes
{
    public const string ClientAddress = "client.address";
    public const string ErrorType = "error.type";
    public const string Method = "http.request.method";
    public const string ProtocolVersion = "network.protocol.version";
    public const string Route = "http.route";
    public const string ServerAddress = "server.address";
    public const string ServerPort = "server.port";
    public const string Status = "http.response.status_code";
    public const string UrlPath = "url.path";
    public const string UrlScheme = "url.scheme";
    public const string UserAgent = "user_agent.original";

    /// <summary>How many transactions share the entry.</summary>
    public const string BatchTransactions = "raftcluster.batch.transactions";

    /// <summary>A read's consistency, as the request header <c>Raft-Consistency</c> has it.</summary>
    public const string Consistency = "raftcluster.consistency";

    /// <summary>A write's durability, as the request header <c>Raft-Durability</c> has it.</summary>
    public const string Durability = "raftcluster.durability";

    /// <summary>The node that sent the request on.</summary>
    public const string ForwardedBy = "raftcluster.forwarded_by";

    /// <summary>The entry's index in the log.</summary>
    public const string Index = "raftcluster.log.index";

    /// <summary>The node that the request is sent on to.</summary>
    public const string Leader = "raftcluster.leader";

    /// <summary>The node whose span it is.</summary>
    public const string Node = "raftcluster.node";

    /// <summary>Of a refused request: what became of the change, as the problem says it.</summary>
    public const string Outcome = "raftcluster.outcome";

    /// <summary>Of a refused request: the problem's code.</summary>
    public const string Problem = "raftcluster.problem";

    /// <summary>Whether the answer is that of an earlier request with the same idempotency key.</summary>
    public const string Replayed = "raftcluster.replayed";

    /// <summary>How a step ended, in a word.</summary>
    public const string Result = "raftcluster.result";

    /// <summary>The revision that the answer stands for.</summary>
    public const string Revision = "raftcluster.revision";

    /// <summary>The entry's term.</summary>
    public const string Term = "raftcluster.log.term";

    /// <summary>The transaction's length as it stands in the entry, in bytes.</summary>
    public const string TransactionBytes = "raftcluster.transaction.bytes";
}
