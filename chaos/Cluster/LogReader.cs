using System.Diagnostics;
using System.Text.Json;
using RaftCluster.Chaos.Checks;

namespace RaftCluster.Chaos.Cluster;

/// <summary>Reads a node's log from its disk, while no node uses it, by the node program's own <c>log dump</c>.</summary>
internal static class LogReader
{
    private const int Sound = 0;
    private const int Damaged = 7;

    /// <summary>Reads the logs of some nodes, none of which runs.</summary>
    /// <param name="program">The node's program.</param>
    /// <param name="group">The nodes' group.</param>
    /// <param name="nodes">The nodes.</param>
    /// <param name="folder">Where to keep copies of the dumps.</param>
    /// <param name="when">What tells these copies from others of the same nodes.</param>
    /// <returns>The logs by the nodes' names.</returns>
    /// <exception cref="HarnessException">The program can't read one, which a damaged log is no reason for.</exception>
    public static async Task<IReadOnlyDictionary<string, LogCopy>> ReadAllAsync(
        NodeProgram program, NodeGroup group, IEnumerable<NodeProcess> nodes, string folder, string when)
    {
        var copies = await Task.WhenAll(nodes.Select(async node => (
            node.Id,
            Copy: await ReadAsync(program, group.DataOf(node), Path.Combine(folder, $"{node.Id}-{when}.log.jsonl")))));
        return copies.ToDictionary(each => each.Id, each => each.Copy);
    }

    /// <summary>Reads it.</summary>
    /// <param name="program">The node's program.</param>
    /// <param name="data">The node's data folder.</param>
    /// <param name="keepAt">Where to keep a copy of the dump.</param>
    /// <exception cref="HarnessException">The program can't read it, which a damaged log is no reason for.</exception>
    public static async Task<LogCopy> ReadAsync(NodeProgram program, string data, string keepAt)
    {
        using var process = Process.Start(new ProcessStartInfo(NodeProgram.Host, [program.Dll, "log", "dump", data, "--json"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var copy = new LogCopy();
        await using var kept = new StreamWriter(keepAt);
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            await kept.WriteLineAsync(line);
            Take(copy, line);
        }

        await process.WaitForExitAsync();
        return process.ExitCode is Sound or Damaged && (process.ExitCode == Damaged) == (copy.Damage.Count > 0)
            ? copy
            : throw new HarnessException($"the log in {data} can't be read: exit code {process.ExitCode}, {(await error).Trim()}");
    }

    private static void Take(LogCopy copy, string line)
    {
        using var json = JsonDocument.Parse(line);
        var record = json.RootElement;
        switch (record.GetProperty("record").GetString())
        {
            case "entry":
                copy.Write(
                    record.GetProperty("index").GetInt64(),
                    new LoggedEntry(
                        record.GetProperty("term").GetInt64(),
                        record.GetProperty("kind").GetString()!,
                        record.GetProperty("payloadHash").GetString()!,
                        Keys(record)));
                if (record.TryGetProperty("malformed", out var malformed))
                {
                    copy.Damage.Add(malformed.GetString()!);
                }

                break;
            case "segment":
                copy.Begin(record.GetProperty("baseIndex").GetInt64());
                break;
            case "damage":
                copy.Damage.Add($"{record.GetProperty("file")} at offset {record.GetProperty("offset")}: {record.GetProperty("what")}");
                break;
            default:
                break;
        }
    }

    private static List<string> Keys(JsonElement record) => record.TryGetProperty("transactions", out var transactions)
        ? [.. transactions.EnumerateArray()
            .Where(each => each.TryGetProperty("key", out _))
            .Select(each => each.GetProperty("key").GetString()!)]
        : [];
}
