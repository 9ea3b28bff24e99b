using System.Globalization;
using System.Text.Json;
using RaftCluster.Chaos.Cluster;
using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Workloads;

/// <summary>What all clients share.</summary>
internal sealed class ClientWorld(IReadOnlyList<NodeProcess> nodes, Journal journal)
{
    private int _processes;

    /// <summary>The nodes that they ask.</summary>
    public IReadOnlyList<NodeProcess> Nodes => nodes;

    /// <summary>Where they write down what they did.</summary>
    public Journal Journal => journal;

    /// <summary>A process that did nothing yet.</summary>
    public int NewProcess() => Interlocked.Increment(ref _processes);
}

/// <summary>A client that does one thing at a time, each at another node, and writes down what came of it.</summary>
internal abstract class Client : IDisposable
{
    /// <summary>How long nodes are to try.</summary>
    protected const string Wait = "2s";

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan _afterFailure = TimeSpan.FromMilliseconds(60);

    private readonly ClientWorld _world;
    private readonly HttpConnection[] _connections;

    /// <param name="world">What all clients share.</param>
    /// <param name="chance">Decides what it does.</param>
    /// <param name="workload">The workload it belongs to.</param>
    protected Client(ClientWorld world, Random chance, string workload)
    {
        (_world, Chance, WorkloadName) = (world, chance, workload);
        _connections = [.. world.Nodes.Select(node => new HttpConnection(node.Http, _patience))];
        Process = world.NewProcess();
    }

    /// <summary>Decides what it does.</summary>
    protected Random Chance { get; }

    /// <summary>The workload it belongs to.</summary>
    protected string WorkloadName { get; }

    /// <summary>Who it is now.</summary>
    protected int Process { get; private set; }

    /// <summary>Its session, when it has one.</summary>
    protected int? Session { get; init; }

    /// <summary>The most that it rests between two operations, in milliseconds.</summary>
    protected virtual int MostRest => 40;

    /// <summary>How long nodes are to try; null where the target says so itself.</summary>
    private static (string, string)[] WaitOf(string target) =>
        target.Contains("wait=", StringComparison.Ordinal) ? [] : [("Raft-Wait", Wait)];

    /// <summary>The microseconds since the run began.</summary>
    protected long Now => _world.Journal.Now;

    /// <summary>Goes on until it is told to stop, and finishes what it is at.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await StepAsync(stop);
            await Until.PassedAsync(TimeSpan.FromMilliseconds(Chance.Next(MostRest)), stop);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(_connections, connection => connection.Dispose());

    /// <summary>Does the next thing.</summary>
    protected abstract Task StepAsync(CancellationToken stop);

    /// <summary>A value that nobody else writes.</summary>
    protected string NewValue() => string.Create(CultureInfo.InvariantCulture, $"{Process}.{Now}");

    /// <summary>What is about to be done.</summary>
    protected Operation Ask(OperationKind kind, string key) => new()
    {
        Workload = WorkloadName,
        Process = Process,
        Session = Session,
        Node = "",
        Kind = kind,
        Key = key,
        Begin = 0,
        End = 0,
        Outcome = Outcome.Unknown,
    };

    /// <summary>Does it, at any node, and writes down what came of it.</summary>
    /// <param name="asked">What.</param>
    /// <param name="method">The method.</param>
    /// <param name="target">The target.</param>
    /// <param name="body">The body; null for none.</param>
    /// <param name="read">Takes what an answer says; null when it says that it was not done, as its problem does.</param>
    /// <param name="headers">Further headers.</param>
    /// <returns>What was written down, and the answer; null when there was none.</returns>
    protected async Task<(Operation Done, HttpAnswer? Answer)> DoAsync(
        Operation asked, string method, string target, string? body, Func<HttpAnswer, Operation, Operation?> read,
        params IEnumerable<(string Name, string Value)> headers)
    {
        var at = Chance.Next(_connections.Length);
        asked = asked with { Process = Process, Node = _world.Nodes[at].Id, Begin = Now };
        var (answer, done) = await SendAsync(_connections[at], asked, method, target, body, read, [.. WaitOf(target), .. headers]);
        _world.Journal.Add(done);
        if (done.IsOpen)
        {
            Process = _world.NewProcess();
        }

        if (done.Outcome is not Outcome.Ok)
        {
            await Task.Delay(_afterFailure, CancellationToken.None);
        }

        return (done, answer);
    }

    /// <summary>The revision that an answer shows or made.</summary>
    public static long RevisionOf(HttpAnswer answer) => Number(answer.Headers["Raft-Revision"]);

    /// <summary>The row's revision, by its entity tag; null for no row.</summary>
    public static long? RowRevisionOf(HttpAnswer answer) =>
        answer.Status == 200 && answer.Headers.TryGetValue("ETag", out var tag) ? Number(tag.Trim('"')) : null;

    /// <summary>A member of an answer's object.</summary>
    protected static long NumberOf(HttpAnswer answer, string member)
    {
        using var json = JsonDocument.Parse(answer.Body);
        return json.RootElement.GetProperty(member).GetInt64();
    }

    /// <summary>Reads one row.</summary>
    protected async Task<(Operation Done, HttpAnswer? Answer)> ReadAsync(
        string key, Consistency consistency, params IEnumerable<(string Name, string Value)> headers) =>
        await ReadAtAsync($"/v1/kv/{key}", key, consistency, headers);

    /// <summary>Reads one row, wherever it is.</summary>
    protected async Task<(Operation Done, HttpAnswer? Answer)> ReadAtAsync(
        string target, string key, Consistency consistency, params IEnumerable<(string Name, string Value)> headers) => await DoAsync(
        Ask(OperationKind.Read, key) with { Consistency = consistency },
        "GET",
        target,
        body: null,
        (answer, asked) => answer.Status is 200 or 404
            ? asked with
            {
                Outcome = Outcome.Ok,
                Result = answer.Status == 200 ? answer.Text : null,
                Revision = RevisionOf(answer),
                RowRevision = RowRevisionOf(answer),
            }
            : null,
        [("Raft-Consistency", NameOf(consistency)), .. headers]);

    /// <summary>Puts one row, or deletes it when there is no value.</summary>
    protected async Task<(Operation Done, HttpAnswer? Answer)> WriteAsync(
        Operation asked, params IEnumerable<(string Name, string Value)> headers) => await DoAsync(
        asked,
        asked.Value is null ? "DELETE" : "PUT",
        $"/v1/kv/{asked.Key}",
        asked.Value,
        (answer, question) => answer.Status switch
        {
            200 or 201 => question with { Outcome = Outcome.Ok, Revision = NumberOf(answer, "revision") },
            404 when question.Value is null => question with { Outcome = Outcome.Ok },
            412 when question.Kind == OperationKind.CompareAndSet =>
                question with { Outcome = Outcome.Failed, Revision = RevisionOf(answer), Error = "412" },
            _ => null,
        },
        headers);

    /// <summary>Does it as one item of a batch, among puts that nobody reads.</summary>
    /// <param name="asked">What.</param>
    /// <param name="item">The item.</param>
    /// <param name="read">Takes what the item's own answer says, when it says that it was done.</param>
    protected async Task<Operation> DoInBatchAsync(Operation asked, string item, Func<JsonElement, Operation, Operation> read)
    {
        var filler = $$"""{"op":"put","key":"beside/{{WorkloadName}}","value":"{{Now}}"}""";
        var (before, after) = (Chance.Next(3), Chance.Next(3));
        var items = string.Join(',', [.. Enumerable.Repeat(filler, before), item, .. Enumerable.Repeat(filler, after)]);
        var (done, _) = await DoAsync(
            asked,
            "POST",
            "/v1/batch",
            $$"""{"items":[{{items}}]}""",
            (answer, question) =>
            {
                if (answer.Status != 200)
                {
                    return null;
                }

                using var json = JsonDocument.Parse(answer.Body);
                var own = json.RootElement.GetProperty("items")[before];
                return own.TryGetProperty("problem", out var problem)
                    ? question with { Outcome = OutcomeOf(problem.GetProperty("outcome").GetString()), Error = own.GetRawText() }
                    : read(own, question) with { Outcome = Outcome.Ok, Revision = own.GetProperty("revision").GetInt64() };
            },
            ("Content-Type", "application/json"));
        return done;
    }

    /// <summary>Reads all rows of a prefix.</summary>
    protected Task<Operation> ListAsync(string prefix, Consistency consistency, params IEnumerable<(string Name, string Value)> headers) =>
        ListAtAsync($"/v1/kv?prefix={prefix}&limit=1000", Ask(OperationKind.List, prefix) with { Consistency = consistency }, headers);

    /// <summary>Reads the rows of a list, wherever they are.</summary>
    protected async Task<Operation> ListAtAsync(string target, Operation list, params IEnumerable<(string Name, string Value)> headers)
    {
        var (done, _) = await DoAsync(
            list,
            "GET",
            target,
            body: null,
            (answer, asked) => answer.Status == 200
                ? asked with { Outcome = Outcome.Ok, Revision = NumberOf(answer, "revision"), Rows = RowsOf(answer) }
                : null,
            [("Raft-Consistency", NameOf(list.Consistency!.Value)), .. headers]);
        return done;
    }

    /// <summary>The rows of a list.</summary>
    public static IReadOnlyList<ListedRow> RowsOf(HttpAnswer answer)
    {
        using var json = JsonDocument.Parse(answer.Body);
        return [.. json.RootElement.GetProperty("items").EnumerateArray().Select(item => new ListedRow(
            item.GetProperty("key").GetString()!, Text(item.GetProperty("value")), item.GetProperty("revision").GetInt64()))];
    }

    /// <summary>A value that is text, or the JSON of a table's row as it came.</summary>
    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    private async Task<(HttpAnswer? Answer, Operation Done)> SendAsync(
        HttpConnection connection, Operation asked, string method, string target, string? body,
        Func<HttpAnswer, Operation, Operation?> read, (string, string)[] headers)
    {
        // Without an answer a read says nothing, and a write may have been done.
        var lost = asked.Consistency is null ? Outcome.Unknown : Outcome.Failed;
        try
        {
            var answer = await connection.SendAsync(method, target, body, headers);
            return (answer, (read(answer, asked) ?? Refused(answer, asked)) with { End = Now });
        }
        catch (NotSentException unreached)
        {
            return (null, asked with { End = Now, Outcome = Outcome.Failed, Error = unreached.Message });
        }
        catch (Exception broken) when (broken is IOException or TimeoutException)
        {
            return (null, asked with { End = Now, Outcome = lost, Error = broken.Message });
        }
    }

    private static Operation Refused(HttpAnswer answer, Operation asked) => asked with
    {
        Outcome = asked.Consistency is not null ? Outcome.Failed : OutcomeOf(answer.Outcome),
        Error = $"{answer.Status} {answer.Text}",
    };

    /// <summary>What became of a write that was refused, by what its problem says.</summary>
    private static Outcome OutcomeOf(string? said) => said switch
    {
        "not-applied" => Outcome.Failed,
        "unknown" => Outcome.Unknown,
        _ => Outcome.Dishonest,
    };

    /// <summary>A freshness as the header has it.</summary>
    protected static string NameOf(Consistency consistency) => consistency switch
    {
        Consistency.Linearizable => "linearizable",
        Consistency.Session => "session",
        _ => "local",
    };

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
