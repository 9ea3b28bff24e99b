namespace RaftCluster.Node.Tables;

/// <summary>What is wrong with something that was sent.</summary>
/// <param name="Place">Where: <c>age</c>, <c>address.street</c>, <c>tags[3]</c>; empty for the whole.</param>
/// <param name="Detail">What, in a sentence that needs no place.</param>
/// <param name="Kind">In what way it is wrong.</param>
internal sealed record Fault(string Place, string Detail, FaultKind Kind = FaultKind.Malformed)
{
    /// <summary>The same fault, of something that stands in a larger whole.</summary>
    /// <param name="place">Where it stands there.</param>
    public Fault In(string place) => this with { Place = Places.Join(place, Place) };
}

/// <summary>In what way something is wrong.</summary>
internal enum FaultKind
{
    /// <summary>It can't be understood, or stands where it can't.</summary>
    Malformed,

    /// <summary>It is fine but for its length.</summary>
    TooLong,

    /// <summary>It is fine, but this version does not have it.</summary>
    NotSupported,
}
