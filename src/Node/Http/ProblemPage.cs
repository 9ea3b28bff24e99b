namespace RaftCluster.Node.Http;

/// <summary><c>GET /problems/{code}</c>: what a problem's <c>type</c> points at.</summary>
internal static class ProblemPage
{
    /// <summary>What its paths begin with.</summary>
    public const string Root = "/problems/";

    /// <summary>Answers the request.</summary>
    public static ValueTask AnswerAsync(Call call)
    {
        if (call.Query.RefuseRest() is { } problem)
        {
            return call.RefuseAsync(problem);
        }

        var name = call.Target.Path[Root.Length..];
        foreach (var code in Enum.GetValues<ProblemCode>())
        {
            var (text, title) = Statuses.Text(code);
            if (text == name)
            {
                call.SetHeaders(StatusCodes.Status200OK, call.Api.Store.Applied.Revision);
                return call.EndJsonAsync($"{{\"code\":\"{text}\",\"status\":{Statuses.Of(code)},\"title\":\"{title}\"}}");
            }
        }

        return call.RefuseAsync(new Problem(ProblemCode.NoSuchResource, "there is no such problem", "path"));
    }
}
