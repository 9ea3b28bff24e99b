using RaftCluster.Node.Consensus;

namespace RaftCluster.Node.Http;

/// <summary>The way of a request that only the leader can answer and that is not logged: it may be sent on again and again.</summary>
internal static class LeaderCalls
{
    /// <summary>Answers the request.</summary>
    /// <param name="call">The request; it has no body.</param>
    /// <param name="answer">Answers it on a node that takes itself for the leader; false when it is not.</param>
    public static async ValueTask AnswerAsync(Call call, Func<Call, CancellationToken, ValueTask<bool>> answer)
    {
        call.IsRepeatable = true;
        using var patience = Patience.Start(call.Terms.Wait, call.Api.Time);
        for (var tries = 0; ; tries++)
        {
            if (call.Api.Consensus.Standing.Role == Role.Leader && await answer(call, patience.Token))
            {
                return;
            }

            if (call.Terms.IsForwarded)
            {
                await Forwards.RefuseAsync(call);
                return;
            }

            if (await Forwards.TryAsync(call, default, patience, tries) is { } end)
            {
                if (end.Problem is not null)
                {
                    await call.RefuseAsync(end.Problem);
                }

                return;
            }
        }
    }
}
