using System.Globalization;

namespace RaftCluster.Node.Http;

/// <summary>How a read of one thing with an entity tag holds to its condition.</summary>
internal static class Conditional
{
    /// <summary>Checks If-Match.</summary>
    /// <param name="terms">What the request asks.</param>
    /// <param name="held">The revision of the thing's last change; 0 when it is not there.</param>
    /// <param name="revision">The revision that the answer shows.</param>
    /// <returns>The refusal; null when there is none.</returns>
    public static Problem? Check(RequestTerms terms, long held, long revision) =>
        terms.IfMatch is { } match && !match.IfMatch().Accepts(held)
            ? new Problem(ProblemCode.PreconditionFailed, "If-Match does not hold", HeaderNames.IfMatch)
            {
                RowRevision = held,
                Revision = revision,
            }
            : null;

    /// <summary>Sets the status and the headers of an answer that shows the thing, or says that it is unchanged (If-None-Match).</summary>
    /// <returns>Whether it is unchanged: then nothing follows.</returns>
    public static bool SetHeaders(Call call, long held, long version, long revision)
    {
        var isUnchanged = call.Terms.IfNoneMatch is { } none && !none.IfNoneMatch().Accepts(held);
        call.SetHeaders(isUnchanged ? StatusCodes.Status304NotModified : StatusCodes.Status200OK, revision);
        call.Response.Headers.ETag = Call.ETag(held);
        call.Response.Headers[HeaderNames.Version] = version.ToString(CultureInfo.InvariantCulture);
        return isUnchanged;
    }
}
