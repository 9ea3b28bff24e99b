using System.Buffers.Text;
using RaftCluster.Bench.Load;

namespace RaftCluster.Bench.Wire;

/// <summary>
/// A request whose bytes are the same for every row but for its keys, which are written into it in place: composing one
/// costs a few nanoseconds and no memory. For one thread.
/// </summary>
/// <param name="rows">The rows.</param>
/// <param name="base64">Whether keys stand in base64.</param>
internal sealed class Template(Rows rows, bool base64 = false)
{
    private readonly List<int> _places = [];
    private readonly byte[] _key = new byte[rows.KeySize];
    private byte[] _bytes = [];

    /// <summary>How long a key is where it stands.</summary>
    public int KeyLength => base64 ? Base64.GetMaxEncodedToUtf8Length(rows.KeySize) : rows.KeySize;

    /// <summary>How many bytes there are so far.</summary>
    public int Length => _bytes.Length;

    /// <summary>Adds bytes that stay as they are.</summary>
    public Template Add(params ReadOnlySpan<byte> bytes)
    {
        _bytes = [.. _bytes, .. bytes];
        return this;
    }

    /// <summary>Adds a place for a key: the first one for the row that is asked for, the next for the one after it, and so on.</summary>
    public Template AddKey()
    {
        _places.Add(_bytes.Length);
        _bytes = [.. _bytes, .. new byte[KeyLength]];
        return this;
    }

    /// <summary>Adds all of another one behind this one's bytes, its keys included.</summary>
    public Template Add(Template other)
    {
        _places.AddRange(other._places.Select(place => _bytes.Length + place));
        _bytes = [.. _bytes, .. other._bytes];
        return this;
    }

    /// <summary>The request about a row; valid until the next call.</summary>
    public ReadOnlySpan<byte> For(int row)
    {
        foreach (var place in _places)
        {
            if (base64)
            {
                Rows.WriteKey(row, _key);
                _ = Base64.EncodeToUtf8(_key, _bytes.AsSpan(place, KeyLength), out _, out _);
            }
            else
            {
                Rows.WriteKey(row, _bytes.AsSpan(place, KeyLength));
            }

            row = row + 1 == rows.Count ? 0 : row + 1;
        }

        return _bytes;
    }
}
