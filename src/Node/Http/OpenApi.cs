namespace RaftCluster.Node.Http;

/// <summary><c>GET /openapi.json</c>: this API, described. The document is written by hand and tested against the routes.</summary>
internal static class OpenApi
{
    private static readonly byte[] _document = Load();

    /// <summary>Answers the request.</summary>
    public static ValueTask AnswerAsync(Call call)
    {
        if (call.Query.RefuseRest() is { } problem)
        {
            return call.RefuseAsync(problem);
        }

        call.SetHeaders(StatusCodes.Status200OK, call.Api.Store.Applied.Revision);
        call.Response.ContentType = "application/json";
        return call.EndAsync(_document);
    }

    private static byte[] Load()
    {
        using var resource = typeof(OpenApi).Assembly.GetManifestResourceStream("openapi.json")
            ?? throw new InvalidOperationException("openapi.json is not embedded");
        var document = new byte[resource.Length];
        resource.ReadExactly(document);
        return document;
    }
}
