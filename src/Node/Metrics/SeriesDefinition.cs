namespace RaftCluster.Node.Metrics;

/// <summary>What kind of number a series is.</summary>
internal enum SeriesKind
{
    /// <summary>It only grows; a restart of the node sets it back.</summary>
    Counter,

    /// <summary>It goes up and down.</summary>
    Gauge,

    /// <summary>How often something took up to so long.</summary>
    Histogram,
}

/// <summary>One metric of a node.</summary>
/// <param name="Kind">What kind of number it is.</param>
/// <param name="Name">Its name, by Prometheus's conventions.</param>
/// <param name="Help">What it means, in one line.</param>
/// <param name="Labels">What parts it.</param>
/// <param name="Most">Into how many parts at most; 1 without labels. A histogram has a series for each bucket of each part, and two more.</param>
/// <param name="Buckets">A histogram's bounds, in its unit.</param>
internal sealed record SeriesDefinition(SeriesKind Kind, string Name, string Help, string[] Labels, int Most, double[] Buckets)
{
    /// <summary>How many time series it may come to at most.</summary>
    public int MostSeries => Kind == SeriesKind.Histogram ? Most * (Buckets.Length + 3) : Most;
}
