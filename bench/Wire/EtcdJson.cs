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
    public IConnection Open(IPEndPoint node, Work work, Rows rows, int slots)
    {
        var path = work == Work.Put ? "/v3/kv/put" : "/v3/kv/range";
        var tail = work switch
        {
            Work.Put => $"\",\"value\":\"{Convert.ToBase64String(rows.Value)}\"}}",
            Work.GetLinearizable => "\"}",
            _ => "\",\"serializable\":true}",
        };
        return new Http1Connection(
            node,
            row =>
            {
                var body = $"{{\"key\":\"{Convert.ToBase64String(rows.Key(row))}{tail}";
                return Encoding.ASCII.GetBytes(
                    $"POST {path} HTTP/1.1\r\nHost: {node}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
            },
            rows.Count,
            work == Work.Put
                ? static (status, _) => status == 200
                : (status, received) => status == 200 && received > rows.Value.Length);
    }
}
