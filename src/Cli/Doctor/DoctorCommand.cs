using System.CommandLine;
using System.Text.Json;
using RaftCluster.Client;
using Spectre.Console;

namespace RaftCluster.Cli;

/// <summary><c>raftctl doctor</c>: looks at everything that can be wrong with a cluster, and says what to do.</summary>
internal static class DoctorCommand
{
    /// <summary>A node that does not say how it is within this time is as good as away.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

    internal static Command Create(Terminal terminal, GlobalOptions globals)
    {
        var all = new Option<bool>("--all") { Description = "Shows what is as it should be too. Always so with --json." };
        var command = new Command("doctor", "Looks at every node and says what is wrong and what to do. Exit code: 0 all is well, 1 warnings, 2 critical.")
        {
            all,
        };
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var (patients, examination) = await ExamineAsync(context, client);
            if (context.Json)
            {
                await context.Terminal.Out.WriteLineAsync(JsonSerializer.Serialize(ToLine(examination), CliJson.Readable.DoctorLine));
            }
            else
            {
                Show(context.Terminal, patients, examination, context.Parsed.GetValue(all));
            }

            return examination.ExitCode;
        }));
        return command;
    }

    /// <summary>Asks all nodes, and looks at what they say.</summary>
    internal static async Task<(IReadOnlyList<Patient>, Examination)> ExamineAsync(CommandContext context, RaftClusterClient client)
    {
        var patience = context.Timeout < _patience ? context.Timeout : _patience;
        var views = await StatusCommand.ViewsAsync(client, context.Nodes, patience, context.Cancellation);
        var patients = new List<Patient>();
        // One after the other: asked at once, they would be slow for each other's sake.
        foreach (var view in views)
        {
            patients.Add(await Patient.AskAsync(client, view, patience, context.Terminal.Time, context.Cancellation));
        }

        return (patients, Examine(patients));
    }

    /// <summary>Looks at what nodes said.</summary>
    internal static Examination Examine(IReadOnlyList<Patient> patients)
    {
        var report = StatusReport.Of([.. patients.Select(patient => patient.View)]);
        return new Examination(
            [.. ClusterChecks.Of(patients), .. patients.SelectMany(patient => NodeChecks.Of(patient, report.LagOf(patient.View)))]);
    }

    internal static DoctorLine ToLine(Examination examination) => new(
        Text(examination.Worst),
        examination.ExitCode,
        [.. examination.Findings.Select(finding => new FindingLine(Text(finding.Severity), finding.Check, finding.Node, finding.What, finding.Do))]);

    private static void Show(Terminal terminal, IReadOnlyList<Patient> patients, Examination examination, bool all)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("", "check", "node", "finding");
        foreach (var finding in examination.Findings
            .Where(finding => all || finding.Severity > Severity.Good)
            .OrderByDescending(finding => finding.Severity))
        {
            var what = Markup.Escape(finding.What) + (finding.Do is null ? "" : $"\n[italic]→ {Markup.Escape(finding.Do)}[/]");
            _ = table.AddRow(Mark(finding.Severity), Markup.Escape(finding.Check), Markup.Escape(finding.Node ?? "all"), what);
        }

        if (table.Rows.Count > 0)
        {
            terminal.Canvas.Write(table);
        }

        if (terminal.IsInteractive)
        {
            foreach (var patient in patients.Where(patient => patient.View.Status?.Disk is { Total: > 0 }))
            {
                terminal.Canvas.Write(DiskOf(patient));
            }
        }

        var counts = examination.Findings.CountBy(finding => finding.Severity).ToDictionary();
        terminal.Canvas.MarkupLine(
            $"{Mark(examination.Worst)} {examination.Findings.Count} things were looked at: {counts.GetValueOrDefault(Severity.Critical)} critical, "
            + $"{counts.GetValueOrDefault(Severity.Warning)} warnings, {counts.GetValueOrDefault(Severity.Note)} notes; the others are as they should be");
    }

    /// <summary>What a disk holds, as a bar.</summary>
    private static Rows DiskOf(Patient patient)
    {
        var disk = patient.View.Status!.Disk!;
        var other = Math.Max(0, disk.Total - disk.Free - disk.Rows - disk.Log - disk.Spare - disk.Snapshots);
        return new Rows(
            new Markup($"[bold]{Markup.Escape(patient.Name)}[/] {Markup.Escape(disk.Folder ?? "")}"),
            new BreakdownChart().UseValueFormatter(value => Bytes.Show((long)value))
                .AddItem("rows", disk.Rows, Color.Blue)
                .AddItem("log", disk.Log + disk.Spare, Color.Aqua)
                .AddItem("snapshots", disk.Snapshots, Color.Purple)
                .AddItem("others'", other, Color.Grey)
                .AddItem("free", Math.Max(0, disk.Free - disk.Reserve), Color.Green)
                .AddItem("reserve", Math.Min(disk.Free, disk.Reserve), Color.Yellow));
    }

    private static string Mark(Severity severity) => severity switch
    {
        Severity.Good => "[green]✓[/]",
        Severity.Note => "[blue]i[/]",
        Severity.Warning => "[yellow]![/]",
        _ => "[red]✗[/]",
    };

    private static string Text(Severity severity) => severity switch
    {
        Severity.Good => "ok",
        Severity.Note => "note",
        Severity.Warning => "warning",
        _ => "critical",
    };
}

internal sealed record DoctorLine(string Worst, int ExitCode, IReadOnlyList<FindingLine> Findings);

internal sealed record FindingLine(string Severity, string Check, string? Node, string What, string? Do);
