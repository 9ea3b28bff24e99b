using System.Globalization;

namespace RaftCluster.Node.Http;

/// <summary>How the answers to writes look, whatever wrote.</summary>
internal static class RowAnswers
{
    /// <summary>A row was written: 201 for a new one, 200 for one in place of another.</summary>
    /// <param name="call">The request.</param>
    /// <param name="revision">The revision that wrote it.</param>
    /// <param name="version">How often it was written.</param>
    /// <param name="lease">The lease it is on; 0 for none.</param>
    public static ValueTask WrittenAsync(Call call, long revision, long version, long lease = 0)
    {
        SetWritten(call, revision, version);
        return call.EndJsonAsync($"{{\"revision\":{revision},\"version\":{version}{Lease(lease)}}}");
    }

    /// <summary>The member that names a lease; nothing for none.</summary>
    public static string Lease(long lease) => lease == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $",\"lease\":{lease}");

    /// <summary>A row was removed.</summary>
    public static ValueTask DeletedAsync(Call call, long revision)
    {
        call.SetHeaders(StatusCodes.Status200OK, revision);
        return call.EndJsonAsync($"{{\"revision\":{revision},\"deleted\":true}}");
    }

    /// <summary>The rows of a range were removed.</summary>
    public static ValueTask DeletedAsync(Call call, long revision, long count)
    {
        call.SetHeaders(StatusCodes.Status200OK, revision);
        return call.EndJsonAsync($"{{\"revision\":{revision},\"deleted\":{count}}}");
    }

    /// <summary>Sets status and headers of an answer about a row that was written.</summary>
    public static void SetWritten(Call call, long revision, long version)
    {
        call.SetHeaders(version == 1 ? StatusCodes.Status201Created : StatusCodes.Status200OK, revision);
        call.Response.Headers.ETag = Call.ETag(revision);
        call.Response.Headers[HeaderNames.Version] = version.ToString(CultureInfo.InvariantCulture);
    }
}
