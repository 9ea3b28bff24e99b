namespace RaftCluster.Bench.Load;

/// <summary>The rows of a run: keys of one length that differ in their last digits, and one random value.</summary>
internal sealed class Rows
{
    private readonly int _keySize;

    /// <summary>Makes the value; keys are written where they are needed, so that ten million rows cost no memory here.</summary>
    /// <param name="count">How many keys; at least 1.</param>
    /// <param name="keySize">The length of a key in bytes; at least 12.</param>
    /// <param name="valueSize">The length of a value in bytes.</param>
    public Rows(int count, int keySize, int valueSize)
    {
        Count = count;
        _keySize = keySize;

        // Printable, so that a gateway that quotes text doesn't pay for escapes; from a fixed seed.
        Value = new byte[valueSize];
        var random = new Random(20_26);
        for (var i = 0; i < valueSize; i++)
        {
            Value[i] = (byte)random.Next('a', 'z' + 1);
        }
    }

    /// <summary>How many keys.</summary>
    public int Count { get; }

    /// <summary>The length of a key in bytes.</summary>
    public int KeySize => _keySize;

    /// <summary>The value of every row.</summary>
    public byte[] Value { get; }

    /// <summary>One key.</summary>
    public byte[] Key(int row)
    {
        var key = new byte[_keySize];
        WriteKey(row, key);
        return key;
    }

    /// <summary>Writes one key.</summary>
    /// <param name="row">From 0.</param>
    /// <param name="to">As long as a key.</param>
    public static void WriteKey(int row, Span<byte> to)
    {
        var at = to.Length - 1;
        for (var rest = row; rest > 0; rest /= 10)
        {
            to[at--] = (byte)('0' + (rest % 10));
        }

        to[1..(at + 1)].Fill((byte)'0');
        to[0] = (byte)'b';
    }
}
