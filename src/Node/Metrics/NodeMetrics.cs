using Prometheus;
using RaftCluster.Node.Consensus;

namespace RaftCluster.Node.Metrics;

/// <summary>
/// The metrics of one node. Who does work all the time keeps its own part of a histogram or counter, made here once: to
/// measure is then an addition without a look-up. All else is read when somebody asks.
/// </summary>
internal sealed class NodeMetrics
{
    /// <summary>How long a scrape may wait for what must be found out first.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

    private readonly CollectorRegistry _registry = Prometheus.Metrics.NewCustomRegistry();
    private readonly List<ICollector> _collectors = [new RuntimeCollector()];
    private readonly Turn _turn = new();
    private readonly Sheet _sheet;
    private readonly IHistogram _syncs;
    private readonly ICounter _written;

    public NodeMetrics()
    {
        // An exemplar is stated by who has a trace; none is looked for.
        var factory = Prometheus.Metrics.WithCustomRegistry(_registry);
        factory.ExemplarBehavior = ExemplarBehavior.NoExemplars();
        DotNetStats.Register(_registry);
        _sheet = new Sheet(factory);
        _syncs = _sheet.Histogram(Series.LogSyncDuration);
        _written = _sheet.Counter(Series.LogWritten);
        Http = new HttpMeters(_sheet);
        Reads = new ReadMeters(_sheet);
        Consensus = MeasuresOf(_sheet);
        _collectors.Add(Http);
    }

    /// <summary>Requests.</summary>
    public HttpMeters Http { get; }

    /// <summary>Reads on their way to a row.</summary>
    public ReadMeters Reads { get; }

    /// <summary>Agreement.</summary>
    public ConsensusMeasures Consensus { get; }

    /// <summary>The log was synced.</summary>
    /// <param name="took">How long it took.</param>
    /// <param name="bytes">How many bytes it was.</param>
    public void Synced(TimeSpan took, long bytes)
    {
        _syncs.Observe(took.TotalSeconds);
        _written.Inc(bytes);
    }

    /// <summary>From now on a part of the node is asked at each scrape.</summary>
    public void Add(params ReadOnlySpan<ICollector> collectors) => _collectors.AddRange(collectors);

    /// <summary>The media type of what <see cref="WriteAsync"/> writes.</summary>
    /// <param name="open">Whether as OpenMetrics.</param>
    public static string ContentType(bool open) => open
        ? PrometheusConstants.OpenMetricsContentTypeWithVersionAndEncoding
        : PrometheusConstants.TextContentTypeWithVersionAndEncoding;

    /// <summary>Writes all that there is to tell now.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="open">Whether as OpenMetrics, which can bear exemplars, rather than as Prometheus's text.</param>
    /// <param name="patience">The caller's.</param>
    /// <exception cref="OperationCanceledException">The patience ended.</exception>
    public async Task WriteAsync(Stream to, bool open, CancellationToken patience)
    {
        using (await _turn.TakeAsync(patience))
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(patience);
            limit.CancelAfter(_patience);
            _sheet.Begin();
            foreach (var collector in _collectors)
            {
                await collector.CollectAsync(_sheet, limit.Token);
            }

            _sheet.End();
            await _registry.CollectAndExportAsTextAsync(
                to, open ? ExpositionFormat.OpenMetricsText : ExpositionFormat.PrometheusText, patience);
        }
    }

    private static ConsensusMeasures MeasuresOf(Sheet sheet)
    {
        var (commits, applies, snapshots) = (
            sheet.Histogram(Series.CommitDuration), sheet.Histogram(Series.ApplyDuration), sheet.Histogram(Series.SnapshotDuration));
        return new ConsensusMeasures
        {
            CommitTook = took => commits.Observe(took.TotalSeconds),
            ApplyTook = took => applies.Observe(took.TotalSeconds),
            SnapshotTook = took => snapshots.Observe(took.TotalSeconds),
            RoundTripsOf = peer =>
            {
                var trips = sheet.Histogram(Series.PeerRoundTrip, peer);
                return took => trips.Observe(took.TotalSeconds);
            },
        };
    }
}
