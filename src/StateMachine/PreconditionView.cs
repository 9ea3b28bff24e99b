using System.Buffers.Binary;

namespace RaftCluster.StateMachine;

/// <summary>A <see cref="Precondition"/> read in place: valid as long as the entry's bytes.</summary>
public readonly ref struct PreconditionView
{
    private readonly ReadOnlySpan<byte> _revisions;

    internal PreconditionView(PreconditionKind kind, ReadOnlySpan<byte> revisions)
    {
        Kind = kind;
        _revisions = revisions;
    }

    /// <summary>What is asked.</summary>
    public PreconditionKind Kind { get; }

    internal bool IsValid
    {
        get
        {
            for (var rest = _revisions; !rest.IsEmpty; rest = rest[8..])
            {
                if (BinaryPrimitives.ReadInt64LittleEndian(rest) < 1)
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <inheritdoc cref="Precondition.Accepts"/>
    public bool Accepts(long revision) => Kind switch
    {
        PreconditionKind.None => true,
        PreconditionKind.Exists => revision > 0,
        PreconditionKind.Absent => revision == 0,
        PreconditionKind.RevisionIn => revision > 0 && Names(revision),
        PreconditionKind.RevisionNotIn => revision == 0 || !Names(revision),
        _ => throw new InvariantException($"unknown precondition {Kind}"),
    };

    /// <summary>Copies it into a precondition of its own.</summary>
    public Precondition ToPrecondition()
    {
        var revisions = new long[_revisions.Length / 8];
        for (var i = 0; i < revisions.Length; i++)
        {
            revisions[i] = BinaryPrimitives.ReadInt64LittleEndian(_revisions[(8 * i)..]);
        }

        return new Precondition(Kind, [.. revisions]);
    }

    private bool Names(long revision)
    {
        for (var rest = _revisions; !rest.IsEmpty; rest = rest[8..])
        {
            if (BinaryPrimitives.ReadInt64LittleEndian(rest) == revision)
            {
                return true;
            }
        }

        return false;
    }
}
