using RaftCluster.Node.Consensus;

namespace RaftCluster.Node.Http;

/// <summary>The way of a request that only the leader can answer and that is no write of rows.</summary>
internal static class LeaderCalls
{
    /// <summary>Answers the request.</summary>
    /// <param name="call">The request.</param>
    /// <param name="answer">Answers it on a node that takes itself for the leader; false when it is not.</param>
    /// <param name="body">Its body, for the leader.</param>
    /// <param name="isRepeatable">Whether it may be sent on again and again.</param>
    public static async ValueTask AnswerAsync(
        Call call, Func<Call, CancellationToken, ValueTask<bool>> answer, ReadOnlyMemory<byte> body = default, bool isRepeatable = true)
    {
        call.IsRepeatable = isRepeatable;
        using var patience = Patience.Start(call.Terms.Wait, call.Api.Time);
        for (var tries = 0; ; tries++)
        {
            var leads = call.Api.Consensus.Standing.Role == Role.Leader;
            if (leads && await answer(call, patience.Token))
            {
                return;
            }

            if (call.Terms.IsForwarded)
            {
                await Forwards.RefuseAsync(call);
                return;
            }

            if (await Forwards.TryAsync(call, body, patience, tries, isRefusedHere: leads) is { } end)
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
