using System.Diagnostics;
using System.Globalization;
using RaftCluster.Bench.Servers;
using RaftCluster.Bench.Wire;

namespace RaftCluster.Bench.Suite;

/// <summary>What the parts of a run share: its options, what was measured so far, and the order of things.</summary>
/// <param name="options">What is measured.</param>
/// <param name="judged">Is told of each row, when it has been measured.</param>
internal sealed class SuiteContext(SuiteOptions options, Action<SuiteContext> judged)
{
    private readonly long _begun = Stopwatch.GetTimestamp();
    private readonly List<(SuiteRow Row, MachineProbe Before, MachineProbe After)> _rows = [];

    /// <summary>What is measured.</summary>
    public SuiteOptions Options => options;

    /// <summary>What was measured.</summary>
    public List<Sample> Samples { get; } = [];

    /// <summary>What the machine gave in between.</summary>
    public List<MachineProbe> Probes { get; } = [];

    /// <summary>What the load generator does by itself.</summary>
    public List<Ceiling> Ceilings { get; } = [];

    /// <summary>The rows that have been measured, judged by what is known of the machine by now.</summary>
    public IReadOnlyList<Judgement> Judgements()
    {
        if (Probes.Count == 0)
        {
            return [];
        }

        var best = MachineBest.Of(Probes);
        return
        [
            .. _rows.OrderBy(row => SuiteRow.All.ToList().IndexOf(row.Row)).Select(row => Judgement.Of(
                row.Row, Samples, best.Complaints(row.Before, row.After, Samples.Where(sample => sample.Row == row.Row.Name)))),
        ];
    }

    /// <summary>Measures rows with a probe of the machine before and after.</summary>
    /// <param name="rows">Those that are measured together.</param>
    /// <param name="measure">Measures them.</param>
    public async Task MeasureAsync(IReadOnlyCollection<SuiteRow> rows, Func<Task> measure)
    {
        var names = string.Join(", ", rows.Select(row => row.Name));
        var before = Probe($"before {names}");
        await measure();
        var after = Probe($"after {names}");
        _rows.AddRange(rows.Select(row => (row, before, after)));
        judged(this);
    }

    /// <summary>The products, in turn: the other way round each time, for what comes second may find a warmer or fuller machine.</summary>
    public static IEnumerable<T> InTurn<T>(IEnumerable<T> products, int repeat) => repeat % 2 == 1 ? products : products.Reverse();

    /// <summary>Clusters of both products, or of this one where there is no etcd; not started.</summary>
    /// <param name="part">A name for their folders.</param>
    /// <param name="nodes">How many nodes each has.</param>
    public IReadOnlyList<IFailoverServers> Make(string part, int nodes = 3)
    {
        var folder = Path.Combine(options.Folder, part);
        var ours = new RaftServers(options.NodeDll, Path.Combine(folder, "raft")) { Count = nodes };
        return options.EtcdProgram is { } program
            ? [new EtcdServers(program, Path.Combine(folder, "etcd"), Dialects.EtcdGrpc) { Count = nodes }, ours]
            : [ours];
    }

    /// <summary>Ends clusters, and removes what they wrote.</summary>
    public async Task EndAsync(string part, IEnumerable<IFailoverServers> products)
    {
        foreach (var product in products)
        {
            await product.DisposeAsync();
        }

        var folder = Path.Combine(options.Folder, part);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Notes a sample, and says so.</summary>
    public void Add(SuiteRow row, Sample sample, int repeats)
    {
        Samples.Add(sample);
        var errors = sample.Errors > 0 ? $", {sample.Errors:N0} errors: {sample.LastError}" : "";
        Say(row, string.Create(CultureInfo.InvariantCulture, $"{sample.Repeat}/{repeats} {sample.Product}: {sample.Value:N2} {row.Unit}{errors}"));
    }

    /// <summary>Says what is going on.</summary>
    public void Say(SuiteRow row, string what)
    {
        var at = options.Rows.ToList().IndexOf(row) + 1;
        Say($"[{at}/{options.Rows.Count}] {row.Name} {what}");
    }

    /// <summary>Says what is going on.</summary>
    public void Say(string what) => Console.Error.WriteLine($"{Stopwatch.GetElapsedTime(_begun):mm\\:ss} {what}");

    private MachineProbe Probe(string when)
    {
        Probes.Add(MachineProbe.Take(when, options.Folder));
        return Probes[^1];
    }
}

/// <summary>The load generator against a server that answers at once and stores nothing.</summary>
/// <param name="Protocol">What was spoken.</param>
/// <param name="Clients">How many requests were under way.</param>
/// <param name="Rate">Requests a second.</param>
/// <param name="P50">Milliseconds.</param>
/// <param name="P99">Milliseconds.</param>
internal sealed record Ceiling(string Protocol, int Clients, double Rate, double P50, double P99);
