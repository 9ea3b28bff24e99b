using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Members;

namespace RaftCluster.Tests.Node.Consensus.Membership;

/// <summary>
/// Members come, go, get and lose votes, restart and hand the leadership on in an order that a seed decides, while writes go
/// on: at the end all have the same rows, each acknowledged write is there once, and all agree on who they are.
/// </summary>
public sealed class RandomMembershipTests
{
    private const int Steps = 24;
    private const int MostNodes = 6;

    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whatever_the_order_nothing_acknowledged_is_lost(int seed)
    {
        var random = new Random(seed);
        await using var cluster = await TestCluster.StartAsync(1);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Patience);
        var writing = WriteAsync(cluster, end.Token);
        var made = 1;
        for (var step = 0; step < Steps; step++)
        {
            var (ids, running) = (Ids(cluster), cluster.Running);
            switch (random.Next(6))
            {
                case 0 or 1 when ids.Length < MostNodes:
                    await cluster.JoinAsync($"n{++made}", random.Next(3) == 0 ? Promotion.Never : Promotion.Auto, Patience);
                    break;
                case 2 when ids.Length > 1:
                    var gone = ids[random.Next(ids.Length)];
                    if (await TryAsync(cluster, new MemberChange.Remove(gone)))
                    {
                        await cluster[gone].Removed.WaitAsync(Patience);
                        await cluster.StopAsync(gone);
                    }

                    break;
                case 3:
                    var role = random.Next(2) == 0 ? MemberRole.Learner : MemberRole.Voter;
                    await TryAsync(cluster, new MemberChange.Alter(ids[random.Next(ids.Length)]) { Role = role });
                    break;
                case 4:
                    await (await cluster.LeaderAsync(Patience)).ResignAsync(Patience);
                    break;
                default:
                    var restarted = running[random.Next(running.Length)];
                    await cluster.StopAsync(restarted);
                    await cluster.StartAsync(restarted);
                    break;
            }
        }

        await end.CancelAsync();
        var (acknowledged, tried) = await writing;
        Assert.True(acknowledged.Count > 0, "something was written");

        var leader = await cluster.LeaderAsync(Patience);
        var confirmed = await leader.ConfirmLeadershipAsync(Patience);
        foreach (var id in cluster.Running)
        {
            await cluster[id].WaitForAppliedAsync(confirmed!.Value.Index, Patience);
        }

        // Learners are still given votes by themselves: they agree once that is over.
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(Patience);
        bound.CancelAfter(TimeSpan.FromSeconds(30));
        while (cluster.Running.Select(id => Shown(cluster[id])).Distinct().Count() > 1)
        {
            await Task.Delay(10, bound.Token);
        }

        // Each write is one revision, and each acknowledged one a revision of its own.
        Assert.Single(cluster.Running.Select(id => cluster.Rows(id).Applied.StateHash).Distinct());
        var revision = cluster.Rows(leader.Status.Self.Id).Applied.Revision;
        Assert.InRange(revision, acknowledged.Count, tried);
        Assert.Equal(acknowledged.Count, acknowledged.Distinct().Count());
        Assert.True(acknowledged.Max() <= revision, $"revision {acknowledged.Max()} was acknowledged, and there are {revision}");
        Assert.Equal(Ids(cluster).Order(StringComparer.Ordinal), cluster.Running.Order(StringComparer.Ordinal));
    }

    private static string Shown(ConsensusNode node) => string.Join(", ", node.Status.Members.Select(member => member.Configured));

    private static string[] Ids(TestCluster cluster) => [.. cluster.Members.Select(member => member.Id).Where(cluster.Running.Contains)];

    /// <returns>Whether it was made; it may be refused, for the members are as they are.</returns>
    private static async Task<bool> TryAsync(TestCluster cluster, MemberChange change)
    {
        while (true)
        {
            var leader = await cluster.LeaderAsync(Patience);
            switch (await leader.ChangeMembersAsync(change, Patience))
            {
                case MembershipAnswer.Done:
                    return true;
                case MembershipAnswer.Refused { Reason: not MembershipRefusal.ChangeInProgress }:
                    return false;
            }

            await Task.Delay(10, Patience);
        }
    }

    /// <summary>Writes through whoever leads, one after the other, until the end.</summary>
    /// <returns>The revisions acknowledged, and how many writes may have been made at most.</returns>
    private static async Task<(List<long> Acknowledged, long Tried)> WriteAsync(TestCluster cluster, CancellationToken end)
    {
        var acknowledged = new List<long>();
        var tried = 0L;
        while (!end.IsCancellationRequested)
        {
            try
            {
                var leader = cluster.Running.Select(id => cluster.Find(id)).FirstOrDefault(node => node?.Standing.Role == Role.Leader);
                if (leader is null)
                {
                    await Task.Delay(10, end);
                    continue;
                }

                using var patience = CancellationTokenSource.CreateLinkedTokenSource(Patience);
                patience.CancelAfter(TimeSpan.FromSeconds(2));
                switch (await leader.ProposeAsync(TestCluster.Put($"k{tried}", "v"), Durability.Quorum, patience.Token))
                {
                    case Proposal.Done done:
                        acknowledged.Add(done.Outcome.Revision);
                        tried++;
                        break;
                    case Proposal.Unknown:
                        tried++;
                        break;
                }

                await Task.Delay(2, end);
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                // The end.
            }
            catch (ObjectDisposedException)
            {
                tried++; // That node was stopped in the middle of it: nobody knows.
            }
        }

        return (acknowledged, tried);
    }
}
