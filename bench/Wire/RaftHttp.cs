using System.Net;
using System.Text;
using RaftCluster.Bench.Load;

namespace RaftCluster.Bench.Wire;

/// <summary>This product's own interface: one row a request over HTTP/1.1 keep-alive.</summary>
internal sealed class RaftHttp : IDialect
{
    /// <inheritdoc/>
    public string Name => "HTTP/1.1";

    /// <inheritdoc/>
    public IConnection Open(IPEndPoint node, Work work, Rows rows, int slots)
    {
        var (method, consistency) = work switch
        {
            Work.Put => ("PUT", ""),
            Work.GetLinearizable => ("GET", ""),
            _ => ("GET", "Raft-Consistency: local\r\n"),
        };
        var length = work == Work.Put ? $"Content-Length: {rows.Value.Length}\r\n" : "";
        var body = work == Work.Put ? rows.Value : [];
        var before = Encoding.ASCII.GetBytes($"{method} /v1/kv/");
        byte[] after = [.. Encoding.ASCII.GetBytes($" HTTP/1.1\r\nHost: {node}\r\n{consistency}{length}\r\n"), .. body];
        return new Http1Connection(
            node,
            row => [.. before, .. rows.Key(row), .. after],
            rows.Count,
            work == Work.Put
                ? static (status, _) => status is 200 or 201
                : (status, received) => status == 200 && received == rows.Value.Length);
    }
}
