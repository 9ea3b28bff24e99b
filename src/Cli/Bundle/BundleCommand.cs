using System.CommandLine;
using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary><c>raftctl bundle</c>: what a bug report needs, in one file, and no secret.</summary>
internal static class BundleCommand
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    internal static Command Create(Terminal terminal, GlobalOptions globals)
    {
        var output = new Option<string?>("--output", "-o")
        {
            Description = "The file, a gzipped tar. Default: raftcluster-bundle-<time>.tar.gz in the current folder. It must not exist.",
            HelpName = "file",
        };
        var lines = new Option<int>("--lines")
        {
            Description = "How many of the newest log lines of each node: 1 to 2000.",
            HelpName = "count",
            DefaultValueFactory = _ => 2000,
        };
        lines.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }]
                && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is < 1 or > 2000))
            {
                result.AddError("--lines is a whole number from 1 to 2000.");
            }
        });
        var command = new Command("bundle", "Gathers status, options, versions, log lines and the doctor's findings of all nodes into one file, without secrets and without data.")
        {
            output,
            lines,
        };
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var (patients, examination) = await DoctorCommand.ExamineAsync(context, client);
            var bundle = new Dictionary<string, string>(StringComparer.Ordinal);
            await GatherAsync(bundle, client, patients, context.Parsed.GetValue(lines), context.Cancellation);
            bundle["doctor.json"] = Text(DoctorCommand.ToLine(examination), CliJson.Readable.DoctorLine);
            bundle["raftctl.txt"] = $"raftctl {Version}\n{Environment.Version}\n{Environment.OSVersion}\n";
            var file = context.Parsed.GetValue(output)
                ?? string.Create(CultureInfo.InvariantCulture, $"raftcluster-bundle-{terminal.Time.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}.tar.gz");
            await WriteAsync(file, bundle, terminal.Time.GetUtcNow(), context.Cancellation);
            await ShowAsync(context, file, bundle);
            return patients.All(patient => patient.View.Status is null)
                ? context.Fail(
                    ExitCodes.Unavailable, "unreachable", $"no node could be reached; {file} says no more than that",
                    "Name the nodes with --endpoints or RAFT_ENDPOINTS.")
                : ExitCodes.Ok;
        }));
        return command;
    }

    private static string Version => typeof(BundleCommand).Assembly.GetName().Version!.ToString(3);

    private static async Task GatherAsync(
        Dictionary<string, string> bundle, RaftClusterClient client, IReadOnlyList<Patient> patients, int lines, CancellationToken cancellation)
    {
        foreach (var patient in patients)
        {
            var folder = patient.Name.Replace('/', '_').Replace(':', '_');
            if (patient.View.Status is not { } status)
            {
                bundle[$"{folder}/unreachable.txt"] = $"{patient.View.Url.GetLeftPart(UriPartial.Authority)}: {patient.View.Failure}\n";
                continue;
            }

            bundle[$"{folder}/status.json"] = Text(status, CliJson.Readable.ClusterStatus);
            if (patient.Report is { } report)
            {
                // Redacted by the node, and once more here: a node of another version may know less of what is secret.
                bundle[$"{folder}/node.json"] = Text(report with { Options = Redaction.Of(report.Options) }, CliJson.Readable.NodeReport);
            }

            await TryAsync(bundle, $"{folder}/log.txt", async () =>
                Redaction.Of(await client.GetNodeLogAsync(patient.View.Url, lines, _patience, cancellation)));
            await TryAsync(bundle, $"{folder}/readyz.txt", async () =>
                (await client.GetHealthAsync(patient.View.Url, _patience, cancellation)).Report);
        }
    }

    /// <summary>What can't be had is told in its place.</summary>
    private static async Task TryAsync(Dictionary<string, string> bundle, string name, Func<Task<string>> get)
    {
        try
        {
            bundle[name] = await get();
        }
        catch (RaftClusterException failed)
        {
            bundle[name] = $"not to be had: {failed.Message}\n";
        }
    }

    private static async Task WriteAsync(string file, Dictionary<string, string> bundle, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var stream = new FileStream(file, FileMode.CreateNew, FileAccess.Write);
        await using var packed = new GZipStream(stream, CompressionLevel.Optimal);
        await using var tar = new TarWriter(packed);
        foreach (var (name, text) in bundle.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            await tar.WriteEntryAsync(
                new PaxTarEntry(TarEntryType.RegularFile, name)
                {
                    DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)),
                    ModificationTime = now,
                },
                cancellation);
        }
    }

    private static async Task ShowAsync(CommandContext context, string file, Dictionary<string, string> bundle)
    {
        var names = bundle.OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .Select(entry => new BundledLine(entry.Key, Encoding.UTF8.GetByteCount(entry.Value))).ToList();
        if (context.Json)
        {
            await context.Terminal.Out.WriteLineAsync(JsonSerializer.Serialize(new BundleLine(file, names), CliJson.Readable.BundleLine));
            return;
        }

        await context.Terminal.Out.WriteLineAsync($"{file} holds:");
        foreach (var (name, bytes) in names)
        {
            await context.Terminal.Out.WriteLineAsync($"  {name}  {Bytes.Show(bytes)}");
        }

        await context.Terminal.Out.WriteLineAsync("No keys, values, tokens or passwords are in it; addresses, folders and names of nodes are.");
    }

    private static string Text<T>(T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) =>
        JsonSerializer.Serialize(value, type) + "\n";
}

internal sealed record BundleLine(string File, IReadOnlyList<BundledLine> Holds);

internal sealed record BundledLine(string Name, long Bytes);
