using System.Globalization;
using System.Net;
using System.Text;
using RaftCluster.Bench.Load;

namespace RaftCluster.Bench.Wire;

/// <summary>
/// A connection to this product that several clients share: what they put while a batch is under way is the next one, in one
/// <c>POST /v1/batch</c>. Each put is judged by its own answer.
/// </summary>
/// <param name="node">The server.</param>
/// <param name="rows">The rows.</param>
/// <param name="slots">How many clients share it.</param>
internal sealed class BatchConnection(IPEndPoint node, Rows rows, int slots) : IConnection
{
    private static readonly byte[] _begin = "{\"items\":["u8.ToArray();
    private static readonly byte[] _end = "]}"u8.ToArray();

    private readonly Http1Connection _connection = new(node, new Http1Request(new Template(rows), static (_, _) => false));
    private readonly Template _item =
        new Template(rows).Add("{\"op\":\"put\",\"key\":\""u8).AddKey().Add("\",\"value\":\""u8).Add(rows.Value).Add("\"}"u8);

    private readonly List<(int Slot, int Row)> _waiting = [];
    private readonly Queue<Answer> _answers = new();
    private readonly List<byte> _request = [];

    /// <inheritdoc/>
    public int Slots => slots;

    /// <inheritdoc/>
    public void Send(int slot, int row) => _waiting.Add((slot, row));

    /// <inheritdoc/>
    public Answer Receive()
    {
        if (_answers.Count == 0)
        {
            Exchange();
        }

        return _answers.Dequeue();
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private void Exchange()
    {
        var length = _begin.Length + (_waiting.Count * (_item.Length + 1)) - 1 + _end.Length;
        _request.Clear();
        _request.AddRange(Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"POST /v1/batch HTTP/1.1\r\nHost: {node}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n")));
        _request.AddRange(_begin);
        for (var at = 0; at < _waiting.Count; at++)
        {
            if (at > 0)
            {
                _request.Add((byte)',');
            }

            _request.AddRange(_item.For(_waiting[at].Row));
        }

        _request.AddRange(_end);
        var status = _connection.Exchange(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_request), out var body);
        foreach (var (slot, _) in _waiting)
        {
            // Each item's answer begins with its status; those of a request that was refused whole share that one.
            var next = status == 200 ? body.IndexOf("\"status\":"u8) : -1;
            body = next < 0 ? body : body[(next + 9)..];
            var own = next >= 0 && System.Buffers.Text.Utf8Parser.TryParse(body, out int read, out _) ? read : status == 200 ? 0 : status;
            _answers.Enqueue(new Answer(slot, next >= 0 && own is 200 or 201, own));
        }

        _waiting.Clear();
    }
}
