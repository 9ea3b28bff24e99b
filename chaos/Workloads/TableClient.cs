using System.Globalization;
using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Workloads;

/// <summary>
/// Rows of a table with typed columns, shared by a few clients, each of which patches one column and nobody else does: so every
/// column is known by itself, and a patch that takes another's with it shows.
/// </summary>
/// <param name="world">What all clients share.</param>
/// <param name="chance">Decides what it does.</param>
/// <param name="rows">The row that is shared now.</param>
/// <param name="column">The column that is its own.</param>
internal sealed class TableClient(ClientWorld world, Random chance, Generation rows, string column) : Client(world, chance, Workload.Table)
{
    /// <summary>The columns that are patched; each is 0 in a new row.</summary>
    public static readonly IReadOnlyList<string> Columns = ["a", "b", "c"];

    private const string Path = "/v1/tables/chaos";

    private const string Definition = """
        {"columns":[{"name":"a","type":"number","default":0},{"name":"b","type":"number","default":0},{"name":"c","type":"number","default":0},
        {"name":"place","type":"string"},{"name":"since","type":"string","default":"now"}]}
        """;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private int _number;

    /// <summary>Defines the table.</summary>
    /// <exception cref="HarnessException">No node does it, though nothing is broken yet.</exception>
    public static async Task DefineAsync(ClientWorld world)
    {
        using var connection = new HttpConnection(world.Nodes[0].Http, _patience);
        var answer = await connection.SendAsync("PUT", Path, Definition, ("Content-Type", "application/json"), ("Raft-Wait", "20s"));
        if (answer.Status is not (200 or 201))
        {
            throw new HarnessException($"the table could not be defined before anything was broken: {answer.Status} {answer.Text}");
        }
    }

    /// <inheritdoc/>
    protected override async Task StepAsync(CancellationToken stop)
    {
        var generation = rows.Key;
        var row = generation.Replace('/', '-');
        var done = Chance.Next(100) switch
        {
            < 50 => await PatchAsync(row),
            < 85 => await ReadRowAsync(row),
            < 97 => await FilterAsync(),
            _ => await PutAsync(Ask(OperationKind.Patch, row) with { Value = $$"""{"{{column}}":"no number"}""" }),
        };
        rows.Count(generation, done.IsOpen);
    }

    private async Task<Operation> PatchAsync(string row)
    {
        var value = string.Create(CultureInfo.InvariantCulture, $"{++_number}.{Chance.Next(10)}0");
        var patched = await PutAsync(Ask(OperationKind.Patch, row) with { Value = $$"""{"{{column}}":{{value}}}""" });
        return patched.Error?.StartsWith("404 ", StringComparison.Ordinal) == true
            ? await PutAsync(Ask(OperationKind.Insert, row) with { Value = $$"""{"place":"{{row}}"}""" })
            : patched;
    }

    private async Task<Operation> PutAsync(Operation asked)
    {
        var isInsert = asked.Kind == OperationKind.Insert;
        var (done, _) = await DoAsync(
            asked,
            isInsert ? "PUT" : "PATCH",
            $"{Path}/rows/{asked.Key}",
            asked.Value,
            (answer, question) => answer.Status is 200 or 201
                ? question with { Outcome = Outcome.Ok, Revision = NumberOf(answer, "revision") }
                : null,
            isInsert
                ? [("Content-Type", "application/json"), ("If-None-Match", "*")]
                : [("Content-Type", "application/merge-patch+json")]);
        return done;
    }

    private async Task<Operation> ReadRowAsync(string row)
    {
        var consistency = Chance.Next(4) == 0 ? Consistency.Local : Consistency.Linearizable;
        var (done, _) = await ReadAtAsync($"{Path}/rows/{row}", row, consistency);
        return done;
    }

    private Task<Operation> FilterAsync()
    {
        var (named, least) = (Columns[Chance.Next(Columns.Count)], Chance.Next(_number + 2));
        var filter = string.Create(CultureInfo.InvariantCulture, $"{named}:ge:{least}");
        return ListAtAsync(
            $"{Path}/rows?where={filter}&limit=1000",
            Ask(OperationKind.List, "table/") with { Consistency = Consistency.Linearizable, Filter = filter });
    }
}
