using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.Cluster;
using RaftCluster.Chaos.Workloads;

namespace RaftCluster.Chaos.Faults;

/// <summary>The power of disks is cut: what was not synced is gone.</summary>
internal sealed class PowerFault(string name, string what, Whom whom) : Fault(name, what)
{
    /// <inheritdoc/>
    public override bool NeedsDisks => true;

    /// <inheritdoc/>
    public override async Task RunAsync(FaultContext context, Random chance, TimeSpan hold, FaultReport report)
    {
        if (await context.TakeAsync(whom, chance, report) is not ({ } nodes, { } claim))
        {
            return;
        }

        using (claim)
        {
            await PowerCut.AllAtOnceAsync(context.Group, nodes);
            report.TookEffect($"the power of {nodes.Count} disks cut");
            if (whom == Whom.All)
            {
                report.PowerLostAll++;
                await DiskAudit.RunAsync(context, report);
            }

            await context.HoldAsync(whom == Whom.All ? TimeSpan.Zero : hold);
            await Restart.RunAsync(context, nodes, chance, report);
        }
    }
}

/// <summary>A disk has no room left: the node must end, and lose nothing.</summary>
internal sealed class DiskFullFault(string name, string what) : Fault(name, what)
{
    private const int DiskFull = 6;
    private const long LargestFile = 256L << 20;
    private const long SmallestFile = 4_096;

    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public override bool TakesLong => true;

    /// <inheritdoc/>
    public override bool NeedsDisks => true;

    /// <inheritdoc/>
    public override async Task RunAsync(FaultContext context, Random chance, TimeSpan hold, FaultReport report)
    {
        if (await context.TakeOneAsync(chance, report) is not ({ } node, { } claim))
        {
            return;
        }

        using (claim)
        {
            var filler = Path.Combine(context.Group.VolumeOf(node).Folder, "filler");
            try
            {
                Fill(filler);
                var ended = await Until.HasAsync(_bound, () => Task.FromResult(node.IsUp ? null : node), CancellationToken.None);
                if (ended is null)
                {
                    // It may have room of its own still, in a segment that was laid out before.
                    report.Say($"{node.Id} goes on: it needed no room within {_bound.TotalSeconds} s");
                    node.Kill();
                }

                await node.GoneAsync();
                if (ended is not null)
                {
                    FailStops.Judge(context, node, report, DiskFull);
                }
            }
            finally
            {
                Directory.Delete(filler, recursive: true);
            }

            await Restart.RunAsync(context, [node], chance, report);
        }
    }

    /// <summary>Takes all the room there is, in ever smaller files.</summary>
    private static void Fill(string folder)
    {
        Directory.CreateDirectory(folder);
        var number = 0;
        for (var bytes = LargestFile; bytes >= SmallestFile;)
        {
            var path = Path.Combine(folder, $"{++number}");
            try
            {
                using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, PreallocationSize = bytes });
            }
            catch (IOException)
            {
                // So much is not there any more.
                bytes /= 2;
            }
        }
    }
}

/// <summary>From a moment on, every fdatasync of a node fails with EIO: it must end.</summary>
internal sealed class DiskErrorFault(string name, string what) : Fault(name, what)
{
    private const int Disk = 5;
    private const long Moment = 3_000_000;
    private const long Enough = 50;

    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public override bool TakesLong => true;

    /// <inheritdoc/>
    public override bool NeedsShim => true;

    /// <inheritdoc/>
    public override async Task RunAsync(FaultContext context, Random chance, TimeSpan hold, FaultReport report)
    {
        if (await context.TakeOneAsync(chance, report) is not ({ } node, { } claim))
        {
            return;
        }

        using (claim)
        {
            await NodeShim.FailSyncsAsync(context.Folder, node.Id);
            var begun = context.Journal.Now;
            long? first = null, last = null;
            await Until.IsAsync(_bound, async () =>
            {
                // What came just now may wait for a sync that has not failed yet.
                if (context.Journal.Now - begun > Moment && await NodeView.OfAsync(node, NodeView.Short) is { } view)
                {
                    (first, last) = (first ?? view.Last, view.Last);
                }

                return !node.IsUp || last - first > Enough;
            });
            if (node.IsUp)
            {
                if (last - first > Enough)
                {
                    context.Violate(new Violation(
                        Promise.NodesFailStop, node.Id, "a process that ends when its disk fails", $"one whose log goes on from {first} to {last}"));
                }

                report.Say($"{node.Id} had little or nothing to sync within {_bound.TotalSeconds} s");
                node.Kill();
                await node.GoneAsync();
            }
            else
            {
                await node.GoneAsync();
                FailStops.Judge(context, node, report, Disk);
            }

            await context.HoldAsync(hold / 2);
            await Restart.RunAsync(context, [node], chance, report);
        }
    }
}

/// <summary>Bits of a stopped node's files turn: they must be noticed, never served, and the node be rebuilt from the others.</summary>
internal sealed class BitRotFault(string name, string what) : Fault(name, what)
{
    private const int LeastFlips = 4;
    private const int MostFlips = 10;

    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(90);

    /// <inheritdoc/>
    public override bool TakesLong => true;

    /// <inheritdoc/>
    public override async Task RunAsync(FaultContext context, Random chance, TimeSpan hold, FaultReport report)
    {
        // Always the same node: of three nodes, two that lose what they had lose what was committed, whoever they are.
        var node = context.Rotten ?? context.Nodes[chance.Next(context.Nodes.Count)];
        report.Meets(node.Id);
        if (context.Claim(node) is not { } claim)
        {
            report.Skip($"{node.Id} is in another fault's hands");
            return;
        }

        using (claim)
        {
            context.Rotten = node;
            node.Kill();
            await node.GoneAsync();
            var files = Directory.EnumerateFiles(context.Group.DataOf(node), "*", SearchOption.AllDirectories)
                .Where(IsHistory).Select(path => new FileInfo(path)).Where(file => file.Length > 0).ToList();
            if (files.Count == 0)
            {
                report.Skip("nothing is there that could rot");
            }
            else
            {
                report.BitsTurned = chance.Next(LeastFlips, MostFlips + 1);
                report.TookEffect(string.Join(", ", Enumerable.Range(0, report.BitsTurned).Select(_ => Flip(files[chance.Next(files.Count)], chance))));
            }

            // What is set aside before it was looked at can't be told from what is set aside now.
            var before = SetAside(context, node);
            await ComesBackAsync(context, node, report);
            if (SetAside(context, node).IsSubsetOf(before) && await ReadEverythingAsync(node) is false)
            {
                // It found the damage when the row was read, and ended for it: its next start rebuilds it.
                await ComesBackAsync(context, node, report);
            }

            var isNoticed = !SetAside(context, node).IsSubsetOf(before);
            report.BitsNoticed = isNoticed ? report.BitsTurned : 0;
            report.Say(isNoticed ? "noticed, set aside, and had again from the others" : "not noticed so far, though every row was read");
        }
    }

    /// <summary>What a node has set aside. A folder's name may be that of an earlier one, which went: the time tells them apart.</summary>
    private static HashSet<(string Name, DateTime Written)> SetAside(FaultContext context, NodeProcess node) =>
        [.. new DirectoryInfo(context.Group.DataOf(node)).EnumerateDirectories("damaged.*").Select(folder => (folder.Name, folder.LastWriteTimeUtc))];

    /// <summary>Reads every row from the node itself: what is damaged is found where it is read.</summary>
    /// <returns>False when the node ended meanwhile.</returns>
    private static async Task<bool> ReadEverythingAsync(NodeProcess node)
    {
        using var connection = new HttpConnection(node.Http, _bound);
        try
        {
            for (string? next = ""; next is not null;)
            {
                var after = next.Length == 0 ? "" : $"&after={Uri.EscapeDataString(next)}";
                var answer = await connection.SendAsync("GET", $"/v1/kv?limit=1000{after}", body: null, ("Raft-Consistency", "local"));
                if (answer.Status != 200)
                {
                    break;
                }

                using var json = System.Text.Json.JsonDocument.Parse(answer.Body);
                next = json.RootElement.TryGetProperty("next", out var token) ? token.GetString() : null;
            }
        }
        catch (Exception silent) when (silent is IOException or NotSentException or TimeoutException)
        {
            await Until.IsAsync(TimeSpan.FromSeconds(2), () => Task.FromResult(!node.IsUp));
        }

        return node.IsUp;
    }

    private static async Task ComesBackAsync(FaultContext context, NodeProcess node, FaultReport report)
    {
        for (var starts = 0; starts < 3; starts++)
        {
            if (!node.IsUp)
            {
                node.Start();
            }

            var state = await Until.HasAsync(
                _bound,
                async () => !node.IsUp ? "ended" : await NodeView.OfAsync(node, NodeView.Short) is { IsRebuilding: false, Leader: not null } ? "serves" : null,
                CancellationToken.None);
            if (state == "serves")
            {
                return;
            }

            report.Say($"{node.Id}: {node.End}");
        }

        context.Violate(new Violation(Promise.NodesRecover, node.Id, "a node that is rebuilt after bits of it turned", node.End));
    }

    /// <summary>
    /// Segments of the log and the rows' tables. A vote that is damaged is meant to keep a node down; what a spare segment holds
    /// nobody reads.
    /// </summary>
    private static bool IsHistory(string path) =>
        path.EndsWith(".sst", StringComparison.Ordinal) || Path.GetFileName(Path.GetDirectoryName(path)) == "log" && path.EndsWith(".log", StringComparison.Ordinal);

    /// <summary>The length without the zeros at the end: a segment of the log is laid out before it is written.</summary>
    private static long WrittenLength(FileStream stream)
    {
        var block = new byte[1 << 16];
        for (var end = stream.Length; end > 0; end -= block.Length)
        {
            var from = Math.Max(0, end - block.Length);
            stream.Position = from;
            var read = block.AsSpan(0, (int)(end - from));
            stream.ReadExactly(read);
            if (read.LastIndexOfAnyExcept((byte)0) is var last and >= 0)
            {
                return from + last + 1;
            }
        }

        return stream.Length;
    }

    private static string Flip(FileInfo file, Random chance)
    {
        using var stream = file.Open(FileMode.Open, FileAccess.ReadWrite);
        var (at, bit) = (chance.NextInt64(WrittenLength(stream)), chance.Next(8));
        stream.Position = at;
        var value = stream.ReadByte();
        stream.Position = at;
        stream.WriteByte((byte)(value ^ (1 << bit)));
        stream.Flush(flushToDisk: true);
        return $"bit {bit} at {at} of {file.Name}";
    }
}

/// <summary>Whether a node whose disk failed ended as it should.</summary>
internal static class FailStops
{
    /// <summary>The exit code of a node that met damage.</summary>
    public const int Corrupt = 7;

    /// <summary>Judges its end.</summary>
    public static void Judge(FaultContext context, NodeProcess node, FaultReport report, int expected)
    {
        if (node.ExitCode == expected && node.LastWords.Length > 0)
        {
            report.TookEffect(node.End);
        }
        else
        {
            context.Violate(new Violation(
                Promise.NodesFailStop, node.Id, $"exit code {expected} and a last line that says which file and why", node.End));
        }
    }
}
