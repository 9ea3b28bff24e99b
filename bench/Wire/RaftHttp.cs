using System.Collections.Concurrent;
using System.Net;
using System.Text;
using RaftCluster.Bench.Load;

namespace RaftCluster.Bench.Wire;

/// <summary>This product's own interface: one row, or one transaction, a request over HTTP/1.1 keep-alive.</summary>
internal sealed class RaftHttp : IDialect
{
    private readonly ConcurrentDictionary<IPEndPoint, string> _sessions = [];

    /// <inheritdoc/>
    public string Name => "HTTP/1.1";

    /// <inheritdoc/>
    public IConnection Open(IPEndPoint node, Work work, Rows rows, int slots) => work switch
    {
        Work.Put => new Http1Connection(node, Put(node, rows)),
        Work.PutGathered => new BatchConnection(node, rows, slots),
        Work.GetLinearizable => new Http1Connection(node, Get(node, rows, "")),
        Work.GetLocal => new Http1Connection(node, Get(node, rows, "Raft-Consistency: local\r\n")),
        Work.GetSession => new Http1Connection(
            node, Get(node, rows, $"Raft-Consistency: session\r\nRaft-Session: {_sessions.GetOrAdd(node, node => Session(node, rows))}\r\n")),
        Work.Mix => new Http1Connection(node, Get(node, rows, ""), tenth: Put(node, rows)),
        _ => new Http1Connection(node, Transaction(node, rows)),
    };

    private static Http1Request Put(IPEndPoint node, Rows rows) => new(
        new Template(rows)
            .Add("PUT /v1/kv/"u8)
            .AddKey()
            .Add(Encoding.ASCII.GetBytes($" HTTP/1.1\r\nHost: {node}\r\nContent-Length: {rows.Value.Length}\r\n\r\n"))
            .Add(rows.Value),
        static (status, _) => status is 200 or 201);

    private static Http1Request Get(IPEndPoint node, Rows rows, string headers) => new(
        new Template(rows).Add("GET /v1/kv/"u8).AddKey().Add(Encoding.ASCII.GetBytes($" HTTP/1.1\r\nHost: {node}\r\n{headers}\r\n")),
        (status, received) => status == 200 && received == rows.Value.Length);

    private static Http1Request Transaction(IPEndPoint node, Rows rows)
    {
        var body = new Template(rows).Add("{\"then\":["u8);
        for (var at = 0; at < WorkNames.TransactionKeys; at++)
        {
            body.Add(at == 0 ? "{\"op\":\"put\",\"key\":\""u8 : ",{\"op\":\"put\",\"key\":\""u8)
                .AddKey()
                .Add("\",\"value\":\""u8)
                .Add(rows.Value)
                .Add("\"}"u8);
        }

        body.Add("]}"u8);
        var head = $"POST /v1/txn HTTP/1.1\r\nHost: {node}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n";
        return new Http1Request(new Template(rows).Add(Encoding.ASCII.GetBytes(head)).Add(body), static (status, _) => status == 200);
    }

    /// <summary>What a client has seen that has seen the rows as they are now.</summary>
    private static string Session(IPEndPoint node, Rows rows)
    {
        using var http = new HttpClient();
        using var asked = new HttpRequestMessage(
            HttpMethod.Get, new Uri($"http://{node}/v1/kv/{Encoding.ASCII.GetString(rows.Key(0))}"));
        using var answer = http.Send(asked);
        return answer.Headers.TryGetValues("Raft-Session", out var tokens)
            ? tokens.Single()
            : throw new IOException($"{node} gives no Raft-Session: {(int)answer.StatusCode}");
    }
}
