using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Replay;

namespace RaftCluster.Node.Backups;

/// <summary>Writes whole backups: of a copy of the rows, or of what the change log holds.</summary>
internal static class BackupContent
{
    /// <summary>Writes a full backup.</summary>
    /// <param name="writer">Where.</param>
    /// <param name="header">What it says of itself.</param>
    /// <param name="folder">The copy's folder, with the header's files.</param>
    /// <param name="token">Ends it early.</param>
    /// <returns>The SHA-256 of all of it.</returns>
    public static async Task<byte[]> WriteFullAsync(BackupWriter writer, BackupHeader header, string folder, CancellationToken token)
    {
        await writer.BeginAsync(header, token).ConfigureAwait(false);
        foreach (var file in header.Files)
        {
            await writer.FileAsync(file, Path.Combine(folder, file.Name), token).ConfigureAwait(false);
        }

        return await writer.EndAsync(token).ConfigureAwait(false);
    }

    /// <summary>Writes an increment.</summary>
    /// <param name="writer">Where.</param>
    /// <param name="header">What it says of itself: since a revision that is 0 or still in the picture's history.</param>
    /// <param name="picture">A picture that stands where the header says.</param>
    /// <param name="token">Ends it early.</param>
    /// <returns>The SHA-256 of all of it.</returns>
    public static async Task<byte[]> WriteIncrementAsync(BackupWriter writer, BackupHeader header, IRowReader picture, CancellationToken token)
    {
        await writer.BeginAsync(header, token).ConfigureAwait(false);
        var encoder = new IncrementEncoder();
        var outcomesSince = 0L;
        using (var walk = picture.Changes(new ChangePlace(Math.Max(1, header.Since!.Value))))
        {
            while (walk.NextTransaction())
            {
                if (walk.Revision <= header.Since)
                {
                    // What was kept later is kept since then: this one's time is no later than that of the base.
                    outcomesSince = walk.Time;
                    continue;
                }

                encoder.Add(new RecordedTransaction(walk.Revision, walk.Term, walk.Index, walk.Time), walk.Count);
                while (walk.NextChange())
                {
                    encoder.Add(walk.Operation, walk.Table, walk.Key, walk.ReadAfter());
                    await SendAsync(writer, encoder, token).ConfigureAwait(false);
                }
            }
        }

        foreach (var outcome in picture.KeptSince(outcomesSince))
        {
            encoder.Add(outcome);
            await SendAsync(writer, encoder, token).ConfigureAwait(false);
        }

        KeptOutcomeRecord? first = null;
        foreach (var outcome in picture.KeptSince(0))
        {
            first = outcome;
            break;
        }

        encoder.End(first);
        await SendAsync(writer, encoder, token).ConfigureAwait(false);
        while (encoder.TryTakeLast(out var piece))
        {
            await writer.PieceAsync(piece, token).ConfigureAwait(false);
        }

        return await writer.EndAsync(token).ConfigureAwait(false);
    }

    private static async ValueTask SendAsync(BackupWriter writer, IncrementEncoder encoder, CancellationToken token)
    {
        while (encoder.TryTake(out var piece))
        {
            await writer.PieceAsync(piece, token).ConfigureAwait(false);
        }
    }
}
