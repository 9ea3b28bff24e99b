using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Elections;

namespace RaftCluster.Node.Http;

/// <summary><c>POST /v1/cluster/leader</c>: the leader hands over, to the node named or to the best one.</summary>
internal static class LeaderTransfer
{
    private static readonly TimeSpan _between = TimeSpan.FromMilliseconds(50);

    /// <summary>Answers the request, on any node.</summary>
    public static async ValueTask AnswerAsync(Call call)
    {
        var (problem, to, body) = await LeadershipRequest.ReadAsync(call, "to");
        if (problem is null && to is not null && LeadershipRequest.MemberOf(call, to) is null)
        {
            problem = LeadershipAnswer.NotChanged($"{to} is no member of this cluster");
        }

        if (problem is not null)
        {
            await call.RefuseAsync(problem);
            return;
        }

        using var patience = Patience.Start(call.Terms.Wait, call.Api.Time);
        try
        {
            while (!await TryAsync(call, to, body, patience))
            {
                // Asked again of whoever leads by then: it changes nothing when it was done meanwhile.
            }
        }
        catch (OperationCanceledException) when (patience.IsOver)
        {
            await call.RefuseAsync(new Problem(ProblemCode.NoLeader, "no leader answered in time") { Retryable = true });
        }
    }

    private static async ValueTask<bool> TryAsync(Call call, string? to, byte[] body, Patience patience)
    {
        var api = call.Api;
        if (call.Terms.IsForwarded && api.Consensus.Standing.Role != Role.Leader)
        {
            await Forwards.RefuseAsync(call);
            return true;
        }

        var leader = await api.Consensus.WaitForLeaderAsync(patience.Token);
        if (leader.Id == to)
        {
            await LeadershipAnswer.ShowLeaderAsync(call, leader);
            return true;
        }

        if (leader.Id != api.Options.Node)
        {
            if (await api.Forwarder.SendAsync(call, leader, body, patience) == Forwarded.Answered)
            {
                return true;
            }
        }
        else if (await api.Consensus.HandOverAsync(to, patience.Token) is var result and not LeadershipResult.NotLeader)
        {
            await LeadershipAnswer.ShowAsync(call, result);
            return true;
        }

        await api.Consensus.WaitForChangeAsync(leader, _between, patience.Token);
        return false;
    }
}
