using RaftCluster.Node.Leases;

namespace RaftCluster.Node.Http.Leases;

/// <summary><c>PUT /v1/leases/{id}</c>: a sign of life. It has a full term from before the request reached the leader.</summary>
internal static class KeepLease
{
    /// <summary>Answers the request.</summary>
    public static ValueTask AnswerAsync(Call call)
    {
        var problem = LeasePath.Read(call, out var id) ?? call.Query.RefuseRest() ?? LeasePath.RefuseTerms(call.Terms);
        return problem is not null
            ? call.RefuseAsync(problem)
            : LeaderCalls.AnswerAsync(call, async (call, patience) =>
                await ShowAsync(call, id, await call.Api.Leases.KeepAliveAsync(id, patience)));
    }

    private static async ValueTask<bool> ShowAsync(Call call, long id, LeaseAnswer answer)
    {
        switch (answer)
        {
            case LeaseAnswer.NotLeader:
                return false;
            case LeaseAnswer.Alive alive:
                call.IsFresh = true;
                call.SetHeaders(StatusCodes.Status200OK, call.Api.Store.Applied.Revision);
                await call.EndJsonAsync(
                    $"{{\"id\":{id},\"ttl\":\"{Configuration.Duration.Format(alive.Term)}\",\"remainingMs\":{(long)alive.Remaining.TotalMilliseconds}}}");
                return true;
            default:
                call.IsFresh = true;
                await call.RefuseAsync(answer is LeaseAnswer.Ending
                    ? LeasePath.Absent(id, "its time was over, and its end is under way")
                    : LeasePath.Absent(id));
                return true;
        }
    }
}
