using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Workloads;

/// <summary>Reads everything when nobody writes any more, and writes it down as operations: the checks do the rest.</summary>
internal sealed class Auditor(ClientWorld world) : IDisposable
{
    private static readonly (string, string)[] _linearizable = [("Raft-Consistency", "linearizable"), ("Raft-Wait", "10s")];

    private readonly List<HttpConnection> _connections = [.. world.Nodes.Select(node => new HttpConnection(node.Http))];

    /// <summary>How many rows begin so.</summary>
    /// <exception cref="HarnessException">A node doesn't answer as it should.</exception>
    public async Task<int> CountAsync(string prefix) => Client.RowsOf(await GetAsync(0, $"/v1/kv?prefix={prefix}&limit=10")).Count;

    /// <summary>Reads the ledger, the accounts, the counters and every shared row, through every node.</summary>
    /// <exception cref="HarnessException">A node doesn't answer as it should.</exception>
    public async Task ReadAllAsync(int counters)
    {
        var keys = world.Journal.Records.OfType<Operation>()
            .Where(operation => operation.Workload is Workload.Register or Workload.Session or Workload.List)
            .Select(operation => (operation.Workload, operation.Key))
            .Concat(Enumerable.Range(0, counters).Select(number => (Workload.Counter, $"counter/{number}")))
            .Distinct()
            .ToList();
        for (var node = 0; node < _connections.Count; node++)
        {
            await ListAsync(node, Workload.Ledger, LedgerClient.Prefix);
            await ListAsync(node, Workload.Bank, BankClient.Prefix);
        }

        foreach (var (at, (workload, key)) in keys.Index())
        {
            await RowAsync(at % _connections.Count, workload, key);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _connections.ForEach(connection => connection.Dispose());

    private async Task RowAsync(int node, string workload, string key)
    {
        var begin = world.Journal.Now;
        var answer = await GetAsync(node, $"/v1/kv/{key}");
        Add(node, workload, OperationKind.Read, key, begin, Client.RevisionOf(answer), operation => operation with
        {
            Result = answer.Status == 200 ? answer.Text : null,
            // A row without an entity tag must not pass for one that is gone.
            RowRevision = answer.Status == 200
                ? Client.RowRevisionOf(answer) ?? throw new KeyNotFoundException($"{world.Nodes[node].Id} answers GET /v1/kv/{key} without an ETag")
                : null,
        });
    }

    private async Task ListAsync(int node, string workload, string prefix)
    {
        var begin = world.Journal.Now;
        var (rows, revision) = await Pages.ReadAsync(target => GetAsync(node, target), prefix);
        Add(node, workload, OperationKind.List, prefix, begin, revision, operation => operation with { Rows = rows });
    }

    private void Add(int node, string workload, OperationKind kind, string key, long begin, long revision, Func<Operation, Operation> with) =>
        world.Journal.Add(with(new Operation
        {
            Workload = workload,
            Process = world.NewProcess(),
            Node = world.Nodes[node].Id,
            Kind = kind,
            Key = key,
            Consistency = Consistency.Linearizable,
            Begin = begin,
            End = world.Journal.Now,
            Outcome = Outcome.Ok,
            Revision = revision,
        }));

    private async Task<HttpAnswer> GetAsync(int node, string target)
    {
        try
        {
            var answer = await _connections[node].SendAsync("GET", target, body: null, _linearizable);
            return answer.Status is 200 or 404
                ? answer
                : throw new HarnessException($"{world.Nodes[node].Id} answers GET {target} with {answer.Status} {answer.Text}");
        }
        catch (Exception silent) when (silent is IOException or NotSentException or TimeoutException)
        {
            throw new HarnessException($"{world.Nodes[node].Id} does not answer GET {target}: {silent.Message}");
        }
    }
}
