using Prometheus;

namespace RaftCluster.Node.Metrics;

/// <summary>
/// The numbers of one scrape. A gauge that is not set in it is not told: what a node does not know is missing, never a number
/// of before.
/// </summary>
internal sealed class Sheet
{
    private readonly MetricFactory _factory;
    private readonly Dictionary<SeriesDefinition, Gauge> _gauges = [];
    private readonly Dictionary<SeriesDefinition, Counter> _counters = [];
    private readonly Dictionary<SeriesDefinition, Histogram> _histograms = [];
    private readonly HashSet<(SeriesDefinition, string)> _set = [];

    public Sheet(MetricFactory factory)
    {
        _factory = factory;
        foreach (var series in Series.All)
        {
            switch (series.Kind)
            {
                case SeriesKind.Gauge:
                    _gauges[series] = factory.CreateGauge(series.Name, series.Help, new GaugeConfiguration { LabelNames = series.Labels, SuppressInitialValue = true });
                    break;
                case SeriesKind.Counter:
                    _counters[series] = factory.CreateCounter(series.Name, series.Help, new CounterConfiguration { LabelNames = series.Labels });
                    break;
                default:
                    _histograms[series] = factory.CreateHistogram(
                        series.Name, series.Help, new HistogramConfiguration { LabelNames = series.Labels, Buckets = series.Buckets });
                    break;
            }
        }
    }

    /// <summary>A counter's part, to be kept by who counts.</summary>
    public ICounter Counter(SeriesDefinition series, params string[] labels) =>
        labels.Length == 0 ? _counters[series] : _counters[series].WithLabels(labels);

    /// <summary>A histogram's part, to be kept by who measures.</summary>
    public IHistogram Histogram(SeriesDefinition series, params string[] labels) =>
        labels.Length == 0 ? _histograms[series] : _histograms[series].WithLabels(labels);

    /// <summary>Begins a scrape.</summary>
    public void Begin() => _set.Clear();

    /// <summary>Says what a gauge is now; null for not known.</summary>
    public void Set(SeriesDefinition series, double? now, params string[] labels)
    {
        if (now is not { } known)
        {
            return;
        }

        _set.Add((series, string.Join('\0', labels)));
        if (labels.Length == 0)
        {
            _gauges[series].Set(known);
            _gauges[series].Publish();
        }
        else
        {
            _gauges[series].WithLabels(labels).Set(known);
        }
    }

    /// <summary>Says what holds or not.</summary>
    public void Set(SeriesDefinition series, bool holds, params string[] labels) => Set(series, holds ? 1 : 0, labels);

    /// <summary>Says how far a count has come that is kept elsewhere.</summary>
    public void Count(SeriesDefinition series, double sum, params string[] labels) => Counter(series, labels).IncTo(sum);

    /// <summary>Ends a scrape: takes back what was not said in it.</summary>
    public void End()
    {
        foreach (var (series, gauge) in _gauges)
        {
            if (series.Labels.Length == 0)
            {
                if (!_set.Contains((series, "")))
                {
                    gauge.Unpublish();
                }

                continue;
            }

            foreach (var labels in gauge.GetAllLabelValues().ToArray())
            {
                if (!_set.Contains((series, string.Join('\0', labels))))
                {
                    gauge.RemoveLabelled(labels);
                }
            }
        }
    }
}
