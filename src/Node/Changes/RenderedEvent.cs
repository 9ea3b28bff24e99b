using System.Buffers;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Changes;

/// <summary>
/// A recent transaction as an event, made once for all readers and never changed: its data, framed for Server-Sent Events,
/// with a note of where each change stands in it.
/// </summary>
internal sealed class RenderedEvent
{
    /// <summary>What ends a framed event.</summary>
    public static ReadOnlySpan<byte> FrameEnd => "\n\n"u8;

    private readonly byte[] _framed;
    private readonly byte[] _names;
    private readonly Piece[] _pieces;
    private readonly int _data;
    private readonly HashSet<Subscriber>? _wantedBy;

    private RenderedEvent(byte[] framed, int data, byte[] names, Piece[] pieces) =>
        (_framed, _data, _names, _pieces) = (framed, data, names, pieces);

    private RenderedEvent(IEnumerable<Subscriber> wantedBy)
        : this([], 0, [], []) =>
        _wantedBy = [.. wantedBy];

    /// <summary>Whether it is too large to be kept: who wants it reads it from the store, piece by piece.</summary>
    public bool IsTooLarge => _wantedBy is not null;

    /// <summary>How much memory it takes.</summary>
    public long Length => _framed.Length + _names.Length + (_pieces.Length * 24) + 128;

    /// <summary>Stands for an event that is too large.</summary>
    public static RenderedEvent TooLarge(IEnumerable<Subscriber> wantedBy) => new(wantedBy);

    /// <summary>Whether a reader wants an event that is too large.</summary>
    public bool IsFor(Subscriber reader) => _wantedBy!.Contains(reader);

    /// <summary>The whole event, framed.</summary>
    public ReadOnlySpan<byte> Framed => _framed;

    /// <summary>The whole event's data.</summary>
    public ReadOnlySpan<byte> Data => _framed.AsSpan(_data, _framed.Length - _data - FrameEnd.Length);

    /// <summary>The frame's beginning, before the data.</summary>
    public ReadOnlySpan<byte> FrameBegin => _framed.AsSpan(0, _data);

    /// <summary>How many of its changes a reader wants.</summary>
    public int CountWanted(ChangeFilter filter)
    {
        var wanted = 0;
        foreach (ref readonly var piece in _pieces.AsSpan())
        {
            wanted += Wants(filter, piece) ? 1 : 0;
        }

        return wanted;
    }

    /// <summary>Whether that is all of them.</summary>
    public bool IsAll(int wanted) => wanted == _pieces.Length;

    /// <summary>Writes the data with the changes alone that a reader wants.</summary>
    public void WriteWanted(IBufferWriter<byte> output, ChangeFilter filter)
    {
        output.Write(_framed.AsSpan(_data, _pieces[0].Start - _data));
        var isFirst = true;
        foreach (ref readonly var piece in _pieces.AsSpan())
        {
            if (Wants(filter, piece))
            {
                output.Write(isFirst ? default : ","u8);
                output.Write(_framed.AsSpan(piece.Start, piece.Length));
                isFirst = false;
            }
        }

        output.Write(ChangeJson.Tail);
    }

    private bool Wants(ChangeFilter filter, in Piece piece) => filter.Wants(
        piece.Operation,
        _names.AsSpan(piece.Name, piece.TableLength),
        _names.AsSpan(piece.Name + piece.TableLength, piece.KeyLength));

    /// <summary>Where a change stands in the event, and its row's table and key among the names.</summary>
    private readonly record struct Piece(
        ChangeOperation Operation, byte TableLength, ushort KeyLength, int Name, int Start, int Length);

    /// <summary>Makes events, one after the other. For one thread.</summary>
    /// <param name="mark">What stands behind a revision in a cursor.</param>
    internal sealed class Maker(string mark = "") : IDisposable
    {
        /// <summary>The largest event that is kept for all readers.</summary>
        private const int Largest = 4 << 20;

        /// <summary>The longest record that is tried: its changes may be many, and small.</summary>
        private const int LongestRecord = 256 << 10;

        private const int KeptCapacity = 1 << 20;

        private readonly ChangeJson _json = new();
        private readonly List<Piece> _pieces = [];
        private ArrayBufferWriter<byte> _framed = new(4096);
        private ArrayBufferWriter<byte> _names = new(256);

        /// <summary>Makes an event of the transaction that a walk stands on, before its first change.</summary>
        /// <returns>The event; null when it would be too large.</returns>
        public RenderedEvent? Make(IChangeWalk walk)
        {
            if (walk.Length > LongestRecord)
            {
                return null;
            }

            Clear();
            EventFrames.WriteBegin(_framed, walk.Revision, mark);
            var data = _framed.WrittenCount;
            ChangeJson.WriteHead(_framed, walk.Revision, walk.Term, walk.Index, walk.Time);
            while (walk.NextChange())
            {
                if (_pieces.Count > 0)
                {
                    _framed.Write(","u8);
                }

                Add(walk);
                if (_framed.WrittenCount > Largest)
                {
                    return null;
                }
            }

            _framed.Write(ChangeJson.Tail);
            _framed.Write(FrameEnd);
            return new RenderedEvent(_framed.WrittenSpan.ToArray(), data, _names.WrittenSpan.ToArray(), [.. _pieces]);
        }

        /// <inheritdoc/>
        public void Dispose() => _json.Dispose();

        private void Add(IChangeWalk walk)
        {
            var (start, name) = (_framed.WrittenCount, _names.WrittenCount);
            _json.WriteChange(_framed, walk);
            _names.Write(walk.Table);
            _names.Write(walk.Key);
            _pieces.Add(new Piece(
                walk.Operation, (byte)walk.Table.Length, (ushort)walk.Key.Length, name, start, _framed.WrittenCount - start));
        }

        private void Clear()
        {
            _pieces.Clear();
            if (_framed.Capacity > KeptCapacity)
            {
                _framed = new ArrayBufferWriter<byte>(4096);
                _names = new ArrayBufferWriter<byte>(256);
            }

            _framed.ResetWrittenCount();
            _names.ResetWrittenCount();
        }
    }
}
