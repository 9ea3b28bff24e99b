using System.Net;
using System.Text;
using RaftCluster.Bench.Load;

namespace RaftCluster.Bench.Wire;

/// <summary>
/// etcd's own interface: unary gRPC calls of its KV service, with the messages written by hand from etcd's public
/// field numbers (PutRequest: key 1, value 2; RangeRequest: key 1, serializable 7; RangeResponse: header 1, kvs 2).
/// </summary>
internal sealed class EtcdGrpc : IDialect
{
    private const byte Field1Bytes = (1 << 3) | 2;
    private const byte Field2Bytes = (2 << 3) | 2;
    private const byte Field7Varint = 7 << 3;

    /// <inheritdoc/>
    public string Name => "gRPC";

    /// <summary>The path of the method that does a work.</summary>
    public static string Path(Work work) => work == Work.Put ? "/etcdserverpb.KV/Put" : "/etcdserverpb.KV/Range";

    /// <inheritdoc/>
    public IConnection Open(IPEndPoint node, Work work, Rows rows, int slots) => new GrpcConnection(
        node,
        Encoding.ASCII.GetBytes(Path(work)),
        row => Message(work, rows, row),
        rows.Count,
        work == Work.Put
            ? static message => !message.IsEmpty && message[0] == Field1Bytes
            : message => message.Length > rows.Value.Length && HasField(message, Field2Bytes),
        slots);

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

    private static byte[] Message(Work work, Rows rows, int row)
    {
        var key = rows.Key(row);
        byte[] keyField = [Field1Bytes, .. Varint(key.Length), .. key];
        return work switch
        {
            Work.Put => [.. keyField, Field2Bytes, .. Varint(rows.Value.Length), .. rows.Value],
            Work.GetLinearizable => keyField,
            _ => [.. keyField, Field7Varint, 1],
        };
    }

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
