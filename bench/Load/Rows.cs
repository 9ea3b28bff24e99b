using System.Globalization;
using System.Text;

namespace RaftCluster.Bench.Load;

/// <summary>The rows of a run: keys of one length that differ in their last digits, and one random value.</summary>
internal sealed class Rows
{
    private readonly byte[][] _keys;

    /// <summary>Makes all keys beforehand, so that a request costs no formatting.</summary>
    /// <param name="count">How many keys; at least 1.</param>
    /// <param name="keySize">The length of a key in bytes; at least 12.</param>
    /// <param name="valueSize">The length of a value in bytes.</param>
    public Rows(int count, int keySize, int valueSize)
    {
        _keys = new byte[count][];
        for (var i = 0; i < count; i++)
        {
            _keys[i] = Encoding.ASCII.GetBytes("b" + i.ToString(CultureInfo.InvariantCulture).PadLeft(keySize - 1, '0'));
        }

        // Printable, so that a gateway that quotes text doesn't pay for escapes; from a fixed seed.
        Value = new byte[valueSize];
        var random = new Random(20_26);
        for (var i = 0; i < valueSize; i++)
        {
            Value[i] = (byte)random.Next('a', 'z' + 1);
        }
    }

    /// <summary>How many keys.</summary>
    public int Count => _keys.Length;

    /// <summary>The value of every row.</summary>
    public byte[] Value { get; }

    /// <summary>One key.</summary>
    public byte[] Key(int row) => _keys[row];
}
