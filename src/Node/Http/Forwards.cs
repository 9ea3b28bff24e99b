using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus;

namespace RaftCluster.Node.Http;

/// <summary>What a try to have the leader answer came to.</summary>
/// <param name="Problem">What to refuse the request with; null when it has been answered.</param>
internal sealed record ForwardEnd(Problem? Problem)
{
    public static readonly ForwardEnd Answered = new((Problem?)null);
}

/// <summary>How a follower has a request answered by the leader: once, in time, and never in a circle.</summary>
internal static class Forwards
{
    private static readonly TimeSpan _shortestPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan _longestPause = TimeSpan.FromMilliseconds(100);

    /// <summary>With less time than this nothing is sent again: cut off under way, what certainly was not done would become unknown.</summary>
    private static readonly TimeSpan _leastForAnother = TimeSpan.FromMilliseconds(100);

    /// <summary>Refuses a request that another node took for ours to answer: it asks again who leads, and never do we send it on.</summary>
    public static ValueTask RefuseAsync(Call call)
    {
        var answered = call.RefuseAsync(
            new Problem(ProblemCode.NoLeader, $"{call.Api.Options.Node} does not lead") { Retryable = true });
        call.Response.Headers[HeaderNames.ForwardRefused] = "true";
        return answered;
    }

    /// <summary>Tries once to have the leader answer.</summary>
    /// <param name="call">The request.</param>
    /// <param name="body">Its body.</param>
    /// <param name="patience">How long it may take.</param>
    /// <param name="tries">How often this was tried before.</param>
    /// <param name="isRefusedHere">Whether this node led when it was asked, and did not take it.</param>
    /// <returns>The end; null when certainly nothing was done and it is worth another try.</returns>
    public static async ValueTask<ForwardEnd?> TryAsync(Call call, ReadOnlyMemory<byte> body, Patience patience, int tries, bool isRefusedHere)
    {
        var api = call.Api;
        try
        {
            var leader = await api.Consensus.WaitForLeaderAsync(patience.Token);
            if (leader.Id == api.Options.Node)
            {
                // It came to lead since it was asked; or it does not take anything, since it hands over.
                return isRefusedHere || api.Consensus.Standing.Role != Role.Leader ? await PauseAsync(call, leader, tries, patience) : null;
            }

            if (call.Terms.NeverForward)
            {
                Redirect(call, leader);
                return ForwardEnd.Answered;
            }

            if (tries > 0 && patience.Left < _leastForAnother)
            {
                return new ForwardEnd(TooLate(call));
            }

            var forwarded = await api.Forwarder.SendAsync(call, leader, body, patience);
            api.Diagnosis.Metrics.Reads.Forwarded(forwarded);
            return forwarded switch
            {
                Forwarded.Answered => ForwardEnd.Answered,
                Forwarded.NothingDone => await PauseAsync(call, leader, tries, patience),
                _ when !call.IsWrite => await PauseAsync(call, leader, tries, patience),
                _ when call.IsRepeatable && !call.Aborted.IsCancellationRequested => await AgainAsync(call, leader, tries, patience),
                _ => new ForwardEnd(new Problem(
                    ProblemCode.CommitTimeout, $"the connection to the leader, {leader.Id}, broke after the write was sent")
                {
                    Outcome = ProblemOutcome.Unknown,
                    Retryable = call.Terms.IsRepeatable || call.HasKeys,
                }),
            };
        }
        catch (OperationCanceledException) when (patience.IsOver)
        {
            return new ForwardEnd(TooLate(call));
        }
    }

    private static Problem TooLate(Call call) => call.MayBeDone
        ? new Problem(ProblemCode.CommitTimeout, "the leader did not answer in time; it may be done")
        {
            Outcome = ProblemOutcome.Unknown,
            Retryable = true,
        }
        : new Problem(ProblemCode.NoLeader, "no leader answered in time; nothing was done") { Retryable = true };

    private static ValueTask<ForwardEnd?> AgainAsync(Call call, Member asked, int tries, Patience patience)
    {
        call.MayBeDone = true;
        return PauseAsync(call, asked, tries, patience);
    }

    /// <summary>
    /// What this node knows of the leader is behind for a moment after a change: it waits until it knows better, or for a
    /// while, since the leader may be the right one and not ready yet.
    /// </summary>
    private static async ValueTask<ForwardEnd?> PauseAsync(Call call, Member asked, int tries, Patience patience)
    {
        var pause = _shortestPause * Math.Pow(2, Math.Min(tries, 8));
        await call.Api.Consensus.WaitForChangeAsync(asked, pause < _longestPause ? pause : _longestPause, patience.Token);
        return null;
    }

    private static void Redirect(Call call, Member leader)
    {
        call.SetHeaders(StatusCodes.Status307TemporaryRedirect, call.Api.Store.Applied.Revision);
        call.Response.Headers.Location = Addresses.Show(leader.Url) + call.RawTarget;
        call.Response.ContentLength = 0;
    }
}
