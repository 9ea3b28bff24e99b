using System.Runtime.InteropServices;

namespace RaftCluster.Bench.Suite;

/// <summary>The table: part after part, judged, and written down after each row, so that what was measured outlives what fails later.</summary>
/// <param name="options">What is measured.</param>
internal sealed class SuiteRun(SuiteOptions options)
{
    private readonly DateTimeOffset _at = DateTimeOffset.UtcNow;
    private readonly SuiteReport? _earlier = options.Against is { } path ? SuiteReport.Read(path) : null;

    /// <summary>Measures and reports.</summary>
    /// <returns>The process's exit code: 0; or 1 when there were errors, or a row is worse than in the earlier run.</returns>
    public async Task<int> MeasureAsync(CancellationToken stop)
    {
        var context = new SuiteContext(options, Write);
        try
        {
            await PartAsync<LoadRow>(rows => new LoadPart(context, rows).RunAsync(stop));
            await PartAsync<StoredRow>(rows => new StoredPart(context, rows).RunAsync(stop));
            await PartAsync<GapRow>(rows => new GapPart(context, rows).RunAsync(stop));
            await PartAsync<StartRow>(rows => new StartPart(context, rows).RunAsync(stop));
        }
        finally
        {
            if (Directory.Exists(options.Folder))
            {
                Directory.Delete(options.Folder, recursive: true);
            }
        }

        var (report, changes) = Report(context);
        Console.WriteLine(SuiteMarkdown.Of(report, context.Judgements(), changes));
        return context.Samples.Exists(sample => sample.Errors > 0) || changes?.Any(change => change.IsWorse) == true ? 1 : 0;
    }

    private Task PartAsync<T>(Func<IReadOnlyList<T>, Task> run)
        where T : SuiteRow => options.Rows.OfType<T>().ToList() is { Count: > 0 } rows ? run(rows) : Task.CompletedTask;

    private (SuiteReport Report, IReadOnlyList<Change>? Changes) Report(SuiteContext context)
    {
        var report = new SuiteReport(
            _at,
            Environment.ProcessorCount,
            RuntimeInformation.OSDescription,
            options.Duration.TotalSeconds,
            options.Stored,
            [.. context.Judgements().Select(RowReport.Of)],
            context.Samples,
            context.Ceilings,
            context.Probes);
        return (report, _earlier is null ? null : Change.Between(_earlier, report));
    }

    private void Write(SuiteContext context)
    {
        if (options.Output is not { } folder)
        {
            return;
        }

        Directory.CreateDirectory(folder);
        var (report, changes) = Report(context);
        var judgements = context.Judgements();
        report.Write(Path.Combine(folder, "suite.json"));
        File.WriteAllText(Path.Combine(folder, "suite.md"), SuiteMarkdown.Of(report, judgements, changes));
        SuiteCharts.Ratios(judgements).Save(Path.Combine(folder, "ratios.svg"));
        if (judgements.Any(judgement => judgement.Row is LoadRow))
        {
            SuiteCharts.Throughput(judgements).Save(Path.Combine(folder, "throughput.svg"));
        }
    }
}
