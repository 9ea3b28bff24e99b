namespace RaftCluster.StateMachine.Storage;

/// <summary>Finds single rows as they stood before their present version.</summary>
internal sealed class HistoryLookup(Picture picture) : IDisposable
{
    private readonly Cursor _cursor = picture.Walk(Family.History, [], []);

    /// <summary>The version of a row that was the newest at a revision; null when there was none.</summary>
    public Row? Find(ReadOnlySpan<byte> rowKey, ReadOnlySpan<byte> key, long revision)
    {
        Span<byte> sought = stackalloc byte[HistoryKey.MaximumLength];
        var group = HistoryKey.WriteGroup(sought, rowKey);
        sought = sought[..HistoryKey.WriteRevision(sought, group, revision)];
        // Newer versions come first, so the first one from here on is the newest at the revision.
        if (!_cursor.AtOrAfter(sought) || !HistoryKey.GroupOf(_cursor.Key).SequenceEqual(sought[..group]))
        {
            return null;
        }

        var record = RowRecord.Read(_cursor.Value);
        return record.IsTombstone ? null : record.ToRow(key);
    }

    public void Dispose() => _cursor.Dispose();
}
