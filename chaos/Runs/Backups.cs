using System.Diagnostics;
using System.Globalization;
using RaftCluster.Chaos.Cluster;
using RaftCluster.Chaos.Faults;
using RaftCluster.Chaos.History;
using RaftCluster.Chaos.Workloads;

namespace RaftCluster.Chaos.Runs;

/// <summary>
/// Backups that are taken while everything else goes on. After the run they are restored, each into a cluster of its own, and
/// what is in them is written down as what a list would have shown when the backup was taken: the checks do the rest.
/// </summary>
internal sealed class Backups(FaultContext context, Random chance)
{
    private const int Kept = 2;

    private static readonly TimeSpan _pace = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    /// <summary>What is looked at in a backup, and the workload it is of. The ledger and the accounts have checks of their own.</summary>
    private static readonly IReadOnlyList<(string Workload, string Prefix)> _parts =
    [
        (Workload.Ledger, LedgerClient.Prefix), (Workload.Bank, BankClient.Prefix), (Workload.Backup, "register/"), (Workload.Backup, "session/"),
        (Workload.Backup, "list/"), (Workload.Backup, "counter/"), (Workload.Backup, "locked/"), (Workload.Backup, LedgerClient.FillerPrefix),
    ];

    private readonly List<Taken> _taken = [];
    private int _number;

    /// <summary>Takes one now and then, until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        await Until.PassedAsync(_pace, stop);
        while (!stop.IsCancellationRequested)
        {
            await TakeAsync();
            await Until.PassedAsync(_pace * (1 + chance.NextDouble()), stop);
        }
    }

    /// <summary>Takes one from any node.</summary>
    public async Task TakeAsync()
    {
        var node = context.Nodes[chance.Next(context.Nodes.Count)];
        var file = Path.Combine(context.Folder, string.Create(CultureInfo.InvariantCulture, $"{++_number}.raftbackup"));
        var asked = new Operation
        {
            Workload = Workload.Backup,
            Process = context.World.NewProcess(),
            Node = node.Id,
            Kind = OperationKind.Save,
            Key = Path.GetFileName(file),
            Begin = context.Journal.Now,
            End = 0,
            Outcome = Outcome.Failed,
        };
        try
        {
            using var client = new HttpClient { BaseAddress = node.Http, Timeout = _patience };
            using var answer = await client.GetAsync(new Uri("/v1/snapshot", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, CancellationToken.None);
            if (!answer.IsSuccessStatusCode)
            {
                context.Journal.Add(asked with { End = context.Journal.Now, Error = $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(CancellationToken.None)}" });
                return;
            }

            var revision = long.Parse(answer.Headers.GetValues("Raft-Revision").Single(), CultureInfo.InvariantCulture);
            await using (var stream = File.Create(file))
            {
                await answer.Content.CopyToAsync(stream, CancellationToken.None);
            }

            var done = asked with { End = context.Journal.Now, Outcome = Outcome.Ok, Revision = revision };
            context.Journal.Add(done);
            _taken.Add(new Taken(file, done));
            foreach (var old in _taken[..^Math.Min(Kept, _taken.Count)])
            {
                File.Delete(old.File);
            }

            _taken.RemoveRange(0, Math.Max(0, _taken.Count - Kept));
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException or OperationCanceledException)
        {
            // A node that was killed or paused meanwhile: what came of it is half a backup.
            File.Delete(file);
            context.Journal.Add(asked with { End = context.Journal.Now, Error = broken.Message });
        }
    }

    /// <summary>Restores those that are kept, and writes down what is in them.</summary>
    /// <exception cref="HarnessException">A restored cluster does not answer as it should.</exception>
    public async Task RestoreAllAsync()
    {
        foreach (var backup in _taken)
        {
            await RestoreAsync(backup);
        }
    }

    private async Task RestoreAsync(Taken backup)
    {
        var name = Path.GetFileNameWithoutExtension(backup.File);
        var (data, member) = (Path.Combine(context.Folder, $"restored-{name}"), MemberAddress.Make(1)[0]);
        string[] place = ["--data", data, "--node", "r1", "--http", member.Url.GetLeftPart(UriPartial.Authority), "--peer", member.Peer];
        var (code, said) = await OfflineAsync(["backup", "restore", backup.File, .. place]);
        if (code != 0)
        {
            context.Violate(new(
                Checks.Promise.BackupsRestore, $"{backup.Save.Key} of {backup.Save.Node}", "a backup that is restored, for the node sent all of it", $"exit code {code}, '{said}'"));
            return;
        }

        await using var node = new NodeProcess(
            context.Program, "r1", member.Url, [.. place, "--exit-with-parent"], new Dictionary<string, string>(), Path.Combine(context.Folder, $"restored-{name}.out"));
        node.Start();
        if (!await Until.IsAsync(_patience, async () => await NodeView.OfAsync(node, NodeView.Short) is { Role: "leader" }))
        {
            context.Violate(new(Checks.Promise.BackupsRestore, backup.Save.Key, $"a cluster of one that serves within {_patience.TotalSeconds} s", node.End));
            return;
        }

        using var connection = new HttpConnection(node.Http);
        foreach (var (workload, prefix) in _parts)
        {
            var (rows, _) = await Pages.ReadAsync(target => GetAsync(connection, target), prefix);
            context.Journal.Add(backup.Save with
            {
                Workload = workload,
                Kind = OperationKind.List,
                Key = prefix,
                Consistency = Consistency.Local,
                Rows = [.. rows.Select(row => prefix == LedgerClient.FillerPrefix ? row with { Value = LedgerClient.Short(row.Value) } : row)],
            });
        }

        node.Kill();
        await node.GoneAsync();
        Directory.Delete(data, recursive: true);
    }

    private static async Task<HttpAnswer> GetAsync(HttpConnection connection, string target)
    {
        try
        {
            var answer = await connection.SendAsync("GET", target, body: null, ("Raft-Wait", "20s"));
            return answer.Status == 200 ? answer : throw new HarnessException($"a restored cluster answers GET {target} with {answer.Status} {answer.Text}");
        }
        catch (Exception silent) when (silent is IOException or NotSentException or TimeoutException)
        {
            throw new HarnessException($"a restored cluster does not answer GET {target}: {silent.Message}");
        }
    }

    private async Task<(int Code, string Said)> OfflineAsync(string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(NodeProgram.Host, [context.Program.Dll, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, $"{await output}{await error}".Trim());
    }

    private sealed record Taken(string File, Operation Save);
}
