using System.Buffers;
using System.Text;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Changes;

/// <summary>
/// Writes every row that a reader wants as it stands at one revision, a slice at a time, each slice under a picture of its
/// own. The rows come in events of some rows each, which no reader can go on from.
/// </summary>
/// <param name="filter">What the reader wants; what was done to a row is of no account.</param>
internal sealed class SnapshotRows(ChangeFilter filter) : IDisposable
{
    private const int MostRowsInEvent = 256;
    private const long MostBytesInEvent = 32 << 10;

    private readonly ChangeJson _json = new();
    private AppliedPosition? _position;
    private IReadOnlyList<string> _tables = [];
    private int _table;
    private KeyRange _rest;
    private IBufferWriter<byte>? _open;
    private int _rowsInEvent;
    private long _eventEnd;

    /// <summary>The revision of all rows, once it has begun.</summary>
    public long Revision => _position!.Value.Revision;

    /// <summary>Settles which rows they are.</summary>
    /// <returns>Whether this picture still has them.</returns>
    public bool Begin(IRowReader picture)
    {
        if (_position is null)
        {
            _position = picture.Position;
            _tables = filter.TableName is { } table ? [table] : picture.Tables();
            _rest = KeyRange.Prefix(filter.Prefix);
        }

        return Revision >= picture.OldestRevision;
    }

    /// <summary>Writes a slice.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="picture">The picture to read in.</param>
    /// <param name="most">About how many bytes may be written.</param>
    /// <returns>Whether it was the last.</returns>
    public bool Write(IFeedOutput output, IRowReader picture, long most)
    {
        var end = output.Written + most;
        for (; _table < _tables.Count; _table++, _rest = KeyRange.Prefix(filter.Prefix))
        {
            var name = Encoding.UTF8.GetBytes(_tables[_table]);
            foreach (var row in picture.Range(_tables[_table], _rest, Revision))
            {
                Write(output, name, row);
                if (output.Written >= end)
                {
                    _rest = _rest with { Start = (byte[])[.. row.Key.Span, 0] };
                    EndEvent(output);
                    return false;
                }
            }
        }

        EndEvent(output);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    private void Write(IFeedOutput output, ReadOnlySpan<byte> table, Row row)
    {
        if (_open is null)
        {
            var at = _position!.Value;
            _open = output.BeginEvent(revision: 0);
            _rowsInEvent = 0;
            _eventEnd = output.Written + MostBytesInEvent;
            ChangeJson.WriteHead(_open, at.Revision, at.Term, at.Index, at.Time);
        }
        else
        {
            _open.Write(","u8);
        }

        _json.WriteRow(_open, table, row);
        if (++_rowsInEvent == MostRowsInEvent || output.Written >= _eventEnd)
        {
            EndEvent(output);
        }
    }

    private void EndEvent(IFeedOutput output)
    {
        if (_open is not null)
        {
            _open.Write(ChangeJson.Tail);
            output.EndEvent();
            _open = null;
        }
    }
}
