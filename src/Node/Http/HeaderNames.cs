namespace RaftCluster.Node.Http;

/// <summary>The names of this API's own headers.</summary>
internal static class HeaderNames
{
    public const string Prefix = "Raft-";

    public const string Consistency = "Raft-Consistency";
    public const string Durability = "Raft-Durability";
    public const string Fallback = "Raft-Fallback";
    public const string Fence = "Raft-Fence";
    public const string Forward = "Raft-Forward";
    public const string IdempotencyKey = "Idempotency-Key";
    public const string IfMatch = "If-Match";
    public const string IfNoneMatch = "If-None-Match";
    public const string LastEventId = "Last-Event-ID";
    public const string MaxStaleness = "Raft-Max-Staleness";
    public const string Session = "Raft-Session";
    public const string Wait = "Raft-Wait";

    public const string Leader = "Raft-Leader";
    public const string Next = "Raft-Next";
    public const string Node = "Raft-Node";
    public const string Replayed = "Raft-Replayed";
    public const string Revision = "Raft-Revision";
    public const string Role = "Raft-Role";
    public const string Staleness = "Raft-Staleness";
    public const string Term = "Raft-Term";
    public const string Version = "Raft-Version";

    /// <summary>Between nodes: the node that forwarded a request. Who receives it must lead, or refuse.</summary>
    public const string ForwardedBy = "Raft-Forwarded-By";

    /// <summary>Between nodes: a forwarded request was refused because this node does not lead; nothing was done.</summary>
    public const string ForwardRefused = "Raft-Forward-Refused";
}
