using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>A read of rows, ready to be shown once the read gate has opened.</summary>
internal abstract class RowsRead
{
    /// <summary>The revision to read at; null for the newest.</summary>
    public long? Revision { get; init; }

    /// <summary>What <see cref="Revision"/> was called in the request.</summary>
    public string RevisionField { get; init; } = "rev";

    /// <summary>Shows the rows of a picture that was taken after the gate opened, and disposes it.</summary>
    public abstract ValueTask ShowAsync(Call call, IRowReader picture);

    /// <summary>The revision to read at in this picture.</summary>
    protected long In(IRowReader picture) => Revision ?? picture.Position.Revision;

    /// <summary>Refuses a revision whose history was dropped.</summary>
    protected Problem? CheckHistory(IRowReader picture) =>
        In(picture) >= picture.OldestRevision
            ? null
            : new Problem(
                ProblemCode.Compacted,
                $"revision {In(picture)} was compacted; the oldest that can be read is {picture.OldestRevision}",
                RevisionField)
            {
                OldestRevision = picture.OldestRevision,
                Revision = picture.Position.Revision,
            };

    /// <summary>Reads the parameter <c>rev</c>.</summary>
    public static Problem? ReadRevision(in QueryParameters query, out long? revision)
    {
        revision = null;
        if (query.Take("rev") is not { } text)
        {
            return null;
        }

        var number = Numbers.Read(text, 1, long.MaxValue);
        revision = number;
        return number is null ? Problem.Malformed("rev", "rev is no revision: a whole number from 1 is expected") : null;
    }
}
