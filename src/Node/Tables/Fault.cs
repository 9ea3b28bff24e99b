namespace RaftCluster.Node.Tables;

/// <summary>What is wrong with something that was sent.</summary>
/// <param name="Place">Where: <c>age</c>, <c>address.street</c>, <c>tags[3]</c>; empty for the whole.</param>
/// <param name="Detail">What, in a sentence that needs no place.</param>
/// <param name="IsTooLong">Whether it is fine but for its length.</param>
internal sealed record Fault(string Place, string Detail, bool IsTooLong = false)
{
    /// <summary>The same fault, of something that stands in a larger whole.</summary>
    /// <param name="place">Where it stands there.</param>
    public Fault In(string place) => this with { Place = Places.Join(place, Place) };
}
