using System.Globalization;
using RaftCluster.StateMachine.Idempotency;
using RaftCluster.StateMachine.Replay;

namespace RaftCluster.StateMachine.Storage;

/// <summary>
/// Takes a store further by what another one of the same history recorded since: afterwards both are equal, but for how much
/// old history they keep. For one thread, on a folder that no store has open.
/// </summary>
public sealed class HistoryReplay : IDisposable
{
    private readonly Generation _generation;
    private readonly RecordedApplication _application;

    private HistoryReplay(Generation generation)
    {
        _generation = generation;
        _application = new RecordedApplication(generation.Changes);
        Position = generation.Start;
    }

    /// <summary>How far it has come.</summary>
    public AppliedPosition Position { get; private set; }

    /// <summary>Opens the store in a folder.</summary>
    /// <exception cref="StorageException">It can't be used, or is damaged.</exception>
    public static HistoryReplay Open(string folder) =>
        new(Generation.Open(Path.GetFullPath(folder), new RowStoreOptions(), Opening.Existing));

    /// <summary>Begins a transaction.</summary>
    /// <exception cref="HistoryMismatchException">It is not the next one.</exception>
    public void Begin(in RecordedTransaction transaction) => _application.Begin(Position, transaction);

    /// <summary>A row was inserted or updated.</summary>
    /// <param name="operation">Which of the two.</param>
    /// <param name="table">The table's name, in UTF-8.</param>
    /// <param name="key">The row's key.</param>
    /// <param name="version">Which version of the row it is.</param>
    /// <param name="contentType">The value's media type; empty for none.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="HistoryMismatchException">It was inserted and is there, or updated and is not.</exception>
    public void Write(
        ChangeOperation operation,
        byte[] table,
        byte[] key,
        in RecordedVersion version,
        ReadOnlySpan<byte> contentType,
        ReadOnlySpan<byte> value) =>
        _application.Write(operation, new RowId(table, key), version, contentType, value);

    /// <summary>A row was removed.</summary>
    /// <exception cref="HistoryMismatchException">It is not there.</exception>
    public void Remove(byte[] table, byte[] key) => _application.Remove(new RowId(table, key));

    /// <summary>Ends the transaction: all of it counts, or nothing.</summary>
    /// <exception cref="StorageException">The disk failed.</exception>
    public void Complete() => Commit(_application.Complete());

    /// <summary>
    /// Keeps an outcome under its idempotency key, instead of any that is kept there; unless it is of a later revision than
    /// the store has come to, for then what it tells has not happened here.
    /// </summary>
    /// <exception cref="StorageException">The disk failed.</exception>
    public void Keep(in KeptOutcomeRecord kept)
    {
        if (KeptOutcome.Read(kept.Record.Span).Outcome.Revision > Position.Revision)
        {
            return;
        }

        var (records, key) = (_generation.Kept, kept.Key.ToArray());
        if (records.Find(key) is { } held)
        {
            if (held.AsSpan().SequenceEqual(kept.Record.Span))
            {
                return;
            }

            records.Forget(new KeptRecord(KeptOutcome.Read(held).Time, key, held.Length));
        }

        records.Keep(key, kept.Time, kept.Record.ToArray());
        Commit(Position);
    }

    /// <summary>Forgets the outcomes that are before a place in their order; all of them without one.</summary>
    /// <exception cref="StorageException">The disk failed.</exception>
    public void ForgetBefore(KeptOutcomeRecord? place)
    {
        while (_generation.Kept.Oldest() is { } oldest
            && (place is not { } first || (oldest.Time, 0).CompareTo((first.Time, first.Key.Span.SequenceCompareTo(oldest.Key))) < 0))
        {
            _generation.Kept.Forget(oldest);
            Commit(Position);
        }
    }

    /// <summary>Ends it: everything is on the disk.</summary>
    /// <param name="position">Where the other store stands.</param>
    /// <param name="floor">The oldest revision that can be read there.</param>
    /// <exception cref="HistoryMismatchException">This one does not stand there.</exception>
    /// <exception cref="StorageException">The disk failed.</exception>
    public void End(in AppliedPosition position, long floor)
    {
        if (Position.Revision != position.Revision || Position.StateHash != position.StateHash)
        {
            throw new HistoryMismatchException(string.Create(
                CultureInfo.InvariantCulture,
                $"it ends at revision {Position.Revision} with state hash {Position.StateHash:x32}, and should at revision "
                + $"{position.Revision} with {position.StateHash:x32}"));
        }

        if (Position.Index > position.Index || Position.Term > position.Term || Position.Time > position.Time)
        {
            throw new HistoryMismatchException($"it ends at entry {Position.Index}, and should at entry {position.Index}");
        }

        _generation.Changes.RaiseFloor(floor);
        Commit(position);
        _generation.Database.Flush();
    }

    /// <summary>Brings everything to disk where it stands, short of where the other store does.</summary>
    /// <exception cref="StorageException">The disk failed.</exception>
    public void Stop() => _generation.Database.Flush();

    /// <summary>Closes the store; without <see cref="End"/> or <see cref="Stop"/> it may be behind <see cref="Position"/>.</summary>
    public void Dispose() => _generation.Dispose();

    private void Commit(in AppliedPosition position)
    {
        try
        {
            _generation.Commit(position);
            Position = position;
        }
        finally
        {
            _generation.Clear();
        }
    }
}
