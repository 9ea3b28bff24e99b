using System.Collections.Immutable;

namespace RaftCluster.StateMachine;

/// <summary>What <see cref="Precondition"/> asks of a row.</summary>
public enum PreconditionKind : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The row exists.</summary>
    Exists = 1,

    /// <summary>The row does not exist.</summary>
    Absent = 2,

    /// <summary>The row exists and its revision is one of those listed.</summary>
    RevisionIn = 3,

    /// <summary>The row does not exist, or its revision is none of those listed.</summary>
    RevisionNotIn = 4,
}

/// <summary>A condition on a row's existence or revision, decided when the write is applied.</summary>
/// <param name="Kind">What is asked.</param>
/// <param name="Revisions">The revisions meant, each at least 1; empty unless the kind names revisions. At most 255.</param>
public readonly record struct Precondition(PreconditionKind Kind, ImmutableArray<long> Revisions)
{
    /// <summary>Accepts every row, and none.</summary>
    public static Precondition None => new(PreconditionKind.None, []);

    /// <summary>Accepts a row that exists.</summary>
    public static Precondition Exists => new(PreconditionKind.Exists, []);

    /// <summary>Accepts a row that does not exist.</summary>
    public static Precondition Absent => new(PreconditionKind.Absent, []);

    /// <summary>Accepts a row whose last change was at one of <paramref name="revisions"/>.</summary>
    public static Precondition RevisionIn(params ReadOnlySpan<long> revisions) =>
        new(PreconditionKind.RevisionIn, [.. revisions]);

    /// <summary>Accepts a row whose last change was at none of <paramref name="revisions"/>, or no row.</summary>
    public static Precondition RevisionNotIn(params ReadOnlySpan<long> revisions) =>
        new(PreconditionKind.RevisionNotIn, [.. revisions]);

    /// <summary>Whether a row may be changed.</summary>
    /// <param name="revision">The revision of the row's last change; 0 when there is no row.</param>
    public bool Accepts(long revision) => Kind switch
    {
        PreconditionKind.None => true,
        PreconditionKind.Exists => revision > 0,
        PreconditionKind.Absent => revision == 0,
        PreconditionKind.RevisionIn => revision > 0 && Revisions.Contains(revision),
        PreconditionKind.RevisionNotIn => revision == 0 || !Revisions.Contains(revision),
        _ => throw new InvariantException($"unknown precondition {Kind}"),
    };
}
