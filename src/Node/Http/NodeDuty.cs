using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Elections;

namespace RaftCluster.Node.Http;

/// <summary>
/// <c>POST /v1/cluster/failover</c>, <c>/drain</c> and <c>/undrain</c>: what one node is to do, itself when it is the one
/// named or none is; otherwise that node is asked.
/// </summary>
internal static class NodeDuty
{
    /// <summary>A node stands for election, since nobody leads.</summary>
    public static ValueTask FailOverAsync(Call call) => AnswerAsync(
        call, "to", static (consensus, patience) => consensus.FailOverAsync(patience), LeadershipAnswer.ShowAsync);

    /// <summary>A node leaves leading to the others.</summary>
    public static ValueTask DrainAsync(Call call) => AnswerAsync(
        call, "node", static (consensus, patience) => consensus.DrainAsync(drained: true, patience), LeadershipAnswer.ShowDrainedAsync);

    /// <summary>It no longer does.</summary>
    public static ValueTask UndrainAsync(Call call) => AnswerAsync(
        call, "node", static (consensus, patience) => consensus.DrainAsync(drained: false, patience), LeadershipAnswer.ShowDrainedAsync);

    private static async ValueTask AnswerAsync(
        Call call,
        string name,
        Func<IConsensus, CancellationToken, ValueTask<LeadershipResult>> act,
        Func<Call, LeadershipResult, ValueTask> show)
    {
        var (problem, node, body) = await LeadershipRequest.ReadAsync(call, name);
        var self = call.Api.Options.Node;
        var member = LeadershipRequest.MemberOf(call, node ?? self);
        if (problem is null && member is null)
        {
            problem = LeadershipAnswer.NotChanged($"{node} is no member of this cluster");
        }

        if (problem is not null)
        {
            await call.RefuseAsync(problem);
            return;
        }

        using var patience = Patience.Start(call.Terms.Wait, call.Api.Time);
        if (member!.Id == self)
        {
            await show(call, await act(call.Api.Consensus, patience.Token));
        }
        else if (call.Terms.IsForwarded || await call.Api.Forwarder.SendAsync(call, member, body, patience) != Forwarded.Answered)
        {
            await call.RefuseAsync(LeadershipAnswer.NotChanged($"{member.Id} did not answer") with
            {
                Outcome = ProblemOutcome.Unknown,
                Retryable = true,
            });
        }
    }
}
