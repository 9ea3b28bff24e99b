using System.Globalization;
using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.History;
using Spectre.Console;

namespace RaftCluster.Chaos.Runs;

/// <summary>What is going on, while it goes on.</summary>
internal static class LiveView
{
    private static readonly TimeSpan _pace = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan _slowPace = TimeSpan.FromSeconds(10);

    /// <summary>Shows it until a run is over: in place where there is a terminal, else a line now and then.</summary>
    public static async Task ShowAsync(IAnsiConsole console, ChaosRun run, Task over)
    {
        var tally = new Tally(run.Journal);
        if (console.Profile.Capabilities.Interactive)
        {
            await console.Live(new Table()).AutoClear(true).StartAsync(async live =>
            {
                while (!over.IsCompleted)
                {
                    tally.Count();
                    live.UpdateTarget(Table(run, tally));
                    await Task.WhenAny(over, Task.Delay(_pace, CancellationToken.None));
                }
            });
        }
        else
        {
            while (!over.IsCompleted)
            {
                await Task.WhenAny(over, Task.Delay(_slowPace, CancellationToken.None));
                tally.Count();
                console.WriteLine($"{Time(run)} {run.Phase}; leader {Leader(run)}; {tally}; in force: {Faults(run)}");
            }
        }

        await over;
    }

    private static Table Table(ChaosRun run, Tally tally)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("what", "now").HideHeaders();
        table.AddRow("time", Markup.Escape($"{Time(run)}  {run.Phase}"));
        table.AddRow("faults in force", Markup.Escape(Faults(run)));
        table.AddRow("leader", Markup.Escape(Leader(run)));
        foreach (var (node, view) in run.Watcher.Views)
        {
            table.AddRow(node, Markup.Escape(view is null
                ? "no answer"
                : string.Create(CultureInfo.InvariantCulture, $"{view.Role}, term {view.Term}, revision {view.Revision}")));
        }

        table.AddRow("operations", Markup.Escape(tally.ToString()));
        return table;
    }

    private static string Time(ChaosRun run) => TimeSpan.FromMicroseconds(run.Journal.Now).ToString(@"mm\:ss", CultureInfo.InvariantCulture);

    private static string Leader(ChaosRun run) => run.Watcher.Views.FirstOrDefault(view => view.Value?.Role == "leader") is { Key: { } node, Value: { } led }
        ? string.Create(CultureInfo.InvariantCulture, $"{node}, term {led.Term}")
        : "none";

    private static string Faults(ChaosRun run)
    {
        var faults = run.Injector.InForce;
        return faults.Count == 0 ? "none" : string.Join(", ", faults.Select(each => $"{each.Fault} ({string.Join(' ', each.Report.Nodes)})"));
    }

    /// <summary>Counts what came to the journal since it was last looked at.</summary>
    private sealed class Tally(Journal journal)
    {
        private int _at;
        private long _ok;
        private long _failed;
        private long _unknown;
        private long _sinceOk;
        private long _since;
        private long _rate;
        private long _lastWrite;
        private long _gap;

        public void Count()
        {
            var now = journal.Now;
            var more = journal.From(_at);
            _at += more.Count;
            foreach (var operation in more.OfType<Operation>())
            {
                _ok += operation.Outcome == Outcome.Ok ? 1 : 0;
                _failed += operation.Outcome == Outcome.Failed ? 1 : 0;
                _unknown += operation.IsOpen ? 1 : 0;
                if (operation.Outcome == Outcome.Ok && AcknowledgedWrites.MakesARevision(operation))
                {
                    _gap = _lastWrite == 0 ? 0 : Math.Max(_gap, operation.End - _lastWrite);
                    _lastWrite = Math.Max(_lastWrite, operation.End);
                }
            }

            _rate = (_ok - _sinceOk) * 1_000_000 / Math.Max(1, now - _since);
            (_sinceOk, _since) = (_ok, now);
        }

        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture,
            $"{_rate}/s; {_ok} ok, {_failed} failed, {_unknown} unknown; longest gap of writes {_gap / 1e6:0.00} s");
    }
}
