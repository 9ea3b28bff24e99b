namespace RaftCluster.Bench.Suite;

/// <summary>One product measured once for one row.</summary>
/// <param name="Row">The row's name.</param>
/// <param name="Product"><c>raftcluster</c> or <c>etcd</c>.</param>
/// <param name="Repeat">Which time, from 1; the two products' samples of one repeat follow each other.</param>
/// <param name="Value">The figure, in the row's unit.</param>
/// <param name="P50">Under load: half of the requests took no longer, in milliseconds.</param>
/// <param name="P99">Under load: 99 of 100 requests took no longer, in milliseconds.</param>
/// <param name="Errors">Wrong answers, and requests that got none.</param>
/// <param name="LastError">What one of them was.</param>
/// <param name="ServerMicroseconds">Under load: the servers' processor time for each request.</param>
/// <param name="OtherProcessors">Under load: how many processors were kept busy by what is no part of the benchmark.</param>
internal sealed record Sample(
    string Row,
    string Product,
    int Repeat,
    double Value,
    double? P50 = null,
    double? P99 = null,
    long Errors = 0,
    string? LastError = null,
    double? ServerMicroseconds = null,
    double? OtherProcessors = null)
{
    /// <summary>The name of this product.</summary>
    public const string Ours = "raftcluster";

    /// <summary>The name of the other.</summary>
    public const string Etcd = "etcd";
}
