using System.Net;
using System.Text;
using RaftCluster.Bench.Load;

namespace RaftCluster.Bench.Wire;

/// <summary>etcd's JSON gateway: what somebody without a gRPC client uses, over HTTP/1.1 keep-alive.</summary>
internal sealed class EtcdJson : IDialect
{
    /// <inheritdoc/>
    public string Name => "JSON";

    /// <inheritdoc/>
    public IConnection Open(IPEndPoint node, Work work, Rows rows, int slots) => work switch
    {
        Work.Put or Work.PutGathered => new Http1Connection(node, Put(node, rows)),
        Work.GetLinearizable => new Http1Connection(node, Get(node, rows, "\"}")),
        Work.GetLocal or Work.GetSession => new Http1Connection(node, Get(node, rows, "\",\"serializable\":true}")),
        Work.Mix => new Http1Connection(node, Get(node, rows, "\"}"), tenth: Put(node, rows)),
        _ => new Http1Connection(node, Transaction(node, rows)),
    };

    private static Http1Request Put(IPEndPoint node, Rows rows) => new(
        Post(node, rows, "/v3/kv/put", PutBody(rows)), static (status, _) => status == 200);

    private static Http1Request Get(IPEndPoint node, Rows rows, string tail) => new(
        Post(node, rows, "/v3/kv/range", new Template(rows, base64: true).Add("{\"key\":\""u8).AddKey().Add(Encoding.ASCII.GetBytes(tail))),
        (status, received) => status == 200 && received > rows.Value.Length);

    private static Http1Request Transaction(IPEndPoint node, Rows rows)
    {
        var body = new Template(rows, base64: true).Add("{\"success\":["u8);
        for (var at = 0; at < WorkNames.TransactionKeys; at++)
        {
            body.Add(at == 0 ? "{\"requestPut\":"u8 : ",{\"requestPut\":"u8).Add(PutBody(rows)).Add("}"u8);
        }

        return new Http1Request(Post(node, rows, "/v3/kv/txn", body.Add("]}"u8)), static (status, received) => status == 200 && received > 100);
    }

    private static Template PutBody(Rows rows) => new Template(rows, base64: true)
        .Add("{\"key\":\""u8)
        .AddKey()
        .Add(Encoding.ASCII.GetBytes($"\",\"value\":\"{Convert.ToBase64String(rows.Value)}\"}}"));

    private static Template Post(IPEndPoint node, Rows rows, string path, Template body) => new Template(rows, base64: true)
        .Add(Encoding.ASCII.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: {node}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n"))
        .Add(body);
}
