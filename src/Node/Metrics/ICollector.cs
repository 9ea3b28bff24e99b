namespace RaftCluster.Node.Metrics;

/// <summary>Reads numbers that a part of the node keeps anyway, when somebody asks for them.</summary>
internal interface ICollector
{
    /// <summary>Puts them on the sheet.</summary>
    /// <param name="sheet">The scrape's.</param>
    /// <param name="patience">Who asks waits no longer. What was not found out by then is left out.</param>
    ValueTask CollectAsync(Sheet sheet, CancellationToken patience);
}
