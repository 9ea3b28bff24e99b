using System.Net;
using System.Text;
using RaftCluster.Bench.Load;

namespace RaftCluster.Bench.Wire;

/// <summary>
/// etcd's own interface: unary gRPC calls of its KV service, with the messages written by hand from etcd's public
/// field numbers (PutRequest: key 1, value 2; RangeRequest: key 1, serializable 7; RangeResponse: header 1, kvs 2;
/// TxnRequest: success 2, each a RequestOp whose put is 2; TxnResponse: succeeded 2).
/// </summary>
internal sealed class EtcdGrpc : IDialect
{
    private const byte Field1Bytes = (1 << 3) | 2;
    private const byte Field2Bytes = (2 << 3) | 2;
    private const byte Field2Varint = 2 << 3;
    private const byte Field7Varint = 7 << 3;

    /// <inheritdoc/>
    public string Name => "gRPC";

    /// <summary>The path of the method that writes one row.</summary>
    public const string PutPath = "/etcdserverpb.KV/Put";

    /// <inheritdoc/>
    public IConnection Open(IPEndPoint node, Work work, Rows rows, int slots) => work switch
    {
        Work.Put or Work.PutGathered => new GrpcConnection(node, Put(rows), slots),
        Work.GetLinearizable => new GrpcConnection(node, Get(rows), slots),
        Work.GetLocal or Work.GetSession => new GrpcConnection(node, Get(rows, Field7Varint, 1), slots),
        Work.Mix => new GrpcConnection(node, Get(rows), slots, tenth: Put(rows)),
        _ => new GrpcConnection(node, Transaction(rows), slots),
    };

    /// <summary>Whether a message has a field, at its top level.</summary>
    public static bool HasField(ReadOnlySpan<byte> message, byte wanted)
    {
        while (!message.IsEmpty)
        {
            var tag = message[0];
            if (tag == wanted)
            {
                return true;
            }

            message = message[1..];
            var number = Varint(ref message);
            if ((tag & 7) == 2)
            {
                if (number > (ulong)message.Length)
                {
                    return false;
                }

                message = message[(int)number..];
            }
        }

        return false;
    }

    private static GrpcRequest Put(Rows rows) => new(
        Encoding.ASCII.GetBytes(PutPath), PutMessage(rows), static message => !message.IsEmpty && message[0] == Field1Bytes);

    private static GrpcRequest Get(Rows rows, params ReadOnlySpan<byte> tail) => new(
        "/etcdserverpb.KV/Range"u8.ToArray(),
        KeyField(rows).Add(tail),
        message => message.Length > rows.Value.Length && HasField(message, Field2Bytes));

    private static GrpcRequest Transaction(Rows rows)
    {
        var put = PutMessage(rows);
        byte[] operation = [Field2Bytes, .. Varint(put.Length)];
        byte[] before = [Field2Bytes, .. Varint(operation.Length + put.Length), .. operation];
        var message = new Template(rows);
        for (var at = 0; at < WorkNames.TransactionKeys; at++)
        {
            message.Add(before).Add(put);
        }

        return new GrpcRequest("/etcdserverpb.KV/Txn"u8.ToArray(), message, static answer => HasField(answer, Field2Varint));
    }

    private static Template PutMessage(Rows rows) => KeyField(rows).Add([Field2Bytes, .. Varint(rows.Value.Length), .. rows.Value]);

    private static Template KeyField(Rows rows) => new Template(rows).Add([Field1Bytes, .. Varint(rows.KeySize)]).AddKey();

    private static byte[] Varint(int value)
    {
        var bytes = new List<byte>(5);
        var rest = (uint)value;
        for (; rest >= 0x80; rest >>= 7)
        {
            bytes.Add((byte)(rest | 0x80));
        }

        bytes.Add((byte)rest);
        return [.. bytes];
    }

    private static ulong Varint(ref ReadOnlySpan<byte> from)
    {
        ulong value = 0;
        for (var shift = 0; !from.IsEmpty && shift < 64; shift += 7)
        {
            var part = from[0];
            from = from[1..];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }

        // A message cut short within a number: nothing after it can be read.
        from = default;
        return value;
    }
}
