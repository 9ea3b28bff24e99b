using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Elections;

namespace RaftCluster.Tests.Node.Http;

/// <content>Who leads, as a test wants it.</content>
internal sealed partial class TestConsensus
{
    /// <summary>Whether an operator drained this node.</summary>
    public bool IsDrained { get; private set; }

    /// <summary>Why nothing can be done about who leads; null when everything can.</summary>
    public string? LeadershipRefusal { get; set; }

    public ValueTask<LeadershipResult> HandOverAsync(string? to, CancellationToken patience)
    {
        if (Standing.Role != Role.Leader)
        {
            return Result(new LeadershipResult.NotLeader());
        }

        var heir = to is null ? Peers.FirstOrDefault() : Peers.Find(peer => peer._self.Id == to);
        if (LeadershipRefusal is not null || heir is null)
        {
            return Result(new LeadershipResult.Refused(LeadershipRefusal ?? $"{to} is no member"));
        }

        heir.Lead();
        Standing = new Standing(Role.Follower, heir._self, heir.Standing.Term);
        return Result(new LeadershipResult.Done(heir._self));
    }

    public ValueTask<LeadershipResult> FailOverAsync(CancellationToken patience)
    {
        if (LeadershipRefusal is { } why)
        {
            return Result(new LeadershipResult.Refused(why));
        }

        Lead();
        return Result(new LeadershipResult.Done(_self));
    }

    public ValueTask<LeadershipResult> DrainAsync(bool drained, CancellationToken patience)
    {
        if (LeadershipRefusal is { } why)
        {
            return Result(new LeadershipResult.Refused(why));
        }

        IsDrained = drained;
        return Result(new LeadershipResult.Done(Standing.Leader));
    }

    public ValueTask WaitForChangeAsync(Member? known, TimeSpan limit, CancellationToken patience) =>
        Standing.Leader == known ? new ValueTask(WaitShortlyAsync(limit, patience)) : default;

    private static ValueTask<LeadershipResult> Result(LeadershipResult result) => ValueTask.FromResult(result);

    private async Task WaitShortlyAsync(TimeSpan limit, CancellationToken patience)
    {
        try
        {
            await _moved.Task.WaitAsync(limit, time, patience);
        }
        catch (TimeoutException)
        {
            // Nothing changed.
        }
    }
}
