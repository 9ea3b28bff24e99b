using System.Reflection;
using DotNext.Net.Cluster.Consensus.Raft;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Elections;
using RaftCluster.Node.Consensus.Raft;
using RaftCluster.Node.Consensus.Transport;
using RaftCluster.Tests.Node.Consensus.StockDefects.Scripted;

namespace RaftCluster.Tests.Node.Consensus.StockDefects;

/// <summary>
/// What the library does to a leader's promises: each scenario runs with this project's part, where the promise holds, and
/// with the library's own call on the same node, where it is broken. The latter fails when the library mends it.
/// </summary>
public sealed class LeaderDefects
{
    private delegate long CommitRule(Span<long> acknowledged);

    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Defect_4_Of_five_nodes_three_have_what_is_committed_also_when_one_takes_a_round_in_parts()
    {
        const int Proposals = 10;
        var brokenOff = 0;
        var unheld = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var cluster = await ScriptedCluster.LeadAsync(
            5,
            chunkBytes: 1,
            prepare: nodes =>
            {
                var (inParts, took) = (nodes.Peers["n3"], false);
                inParts.OnAppend = request =>
                {
                    (took, var isSecondChunk) = (!took && request.Entries.Count > 0, took);
                    if (isSecondChunk)
                    {
                        brokenOff++;
                        throw new PeerUnavailableException("broken off");
                    }

                    return Task.FromResult(inParts.Take(request));
                };

                // Alive, so that this node goes on leading, and without any of it.
                nodes.Peers["n4"].OnAppend = request => Task.FromResult(nodes.Peers["n4"].Reply(request, HeartbeatResult.Rejected));
                nodes.Peers["n5"].OnAppend = request => Task.FromResult(nodes.Peers["n5"].Reply(request, HeartbeatResult.Rejected));
            },
            committed: (nodes, index) =>
            {
                long[] has = [nodes.SyncedIndex, .. nodes.Peers.Values.Select(peer => peer.LastIndex)];
                if (has.Count(last => last >= index) < 3)
                {
                    unheld.TrySetResult($"{index} was committed when the nodes had {string.Join(", ", has)}");
                }
            });

        var proposals = Enumerable.Range(0, Proposals).Select(at =>
            cluster.Proposer.ProposeAsync(TestCluster.Put($"{at}", "1"), Durability.Quorum, Patience).AsTask());
        var answers = Task.WhenAll(proposals);
        await Task.WhenAny(answers, unheld.Task);

        Assert.False(unheld.Task.IsCompleted, unheld.Task.IsCompleted ? await unheld.Task : null);
        Assert.All(await answers, answer => Assert.IsType<Proposal.Done>(answer));
        Assert.True(brokenOff >= Proposals / 2, $"{brokenOff} rounds broke off");
    }

    [Fact]
    public void Defect_4_Of_five_nodes_two_have_what_the_library_commits()
    {
        // Of its own LeaderState: a transport of the library's that answers a round with unequal indexes can't be had from outside.
        var state = typeof(DotNext.Net.Cluster.Consensus.Raft.RaftCluster<>).Assembly
            .GetType("DotNext.Net.Cluster.Consensus.Raft.LeaderState`1", throwOnError: true)!
            .MakeGenericType(typeof(PeerMember));
        var rule = state.GetMethod("GetCommitIndex", BindingFlags.Static | BindingFlags.NonPublic, [typeof(Span<long>)])!
            .CreateDelegate<CommitRule>();
        long[] has = [10, 10, 5, 0, 0];

        var committed = rule(has.AsSpan(0, 3).ToArray());

        Assert.Equal((10, 2), (committed, has.Count(last => last >= committed)));
    }

    [Fact]
    public async Task Defect_5_A_leader_that_was_deposed_unawares_confirms_nothing() =>
        Assert.Null(await AskDeposedAsync(nodes => nodes.Proof.ProveAsync(Patience)));

    [Fact]
    public async Task Defect_5_In_the_library_a_leader_that_was_deposed_unawares_hands_its_commit_index_to_a_follower() =>
        Assert.Equal(1, await AskDeposedAsync(nodes => Synchronize(nodes.Raft)));

    [Fact]
    public async Task Defect_5_In_the_library_a_leader_that_was_deposed_unawares_passes_its_own_weak_barrier() =>
        Assert.Equal(1, await AskDeposedAsync(async nodes =>
        {
            await nodes.Raft.ApplyReadBarrierAsync(ReadBarrierType.Weak, Patience);
            return nodes.Progress.Applied.Reached;
        }));

    [Fact]
    public async Task Defect_8_A_proposal_that_was_appended_is_unknown_and_one_that_was_not_is_refused() =>
        Assert.Equal(
            (nameof(Proposal.Unknown), nameof(Proposal.NotLeader)),
            await ProposeAndLoseAsync(async (nodes, patience) =>
                (await nodes.Proposer.ProposeAsync(TestCluster.Put("a", "1"), Durability.Quorum, patience)).GetType().Name));

    [Fact]
    public async Task Defect_8_In_the_library_both_are_the_same_exception() =>
        Assert.Equal(
            (nameof(NotLeaderException), nameof(NotLeaderException)),
            await ProposeAndLoseAsync(async (nodes, _) =>
            {
                var entry = new ProposedEntry(nodes.LeaderTerm, ScriptedCluster.Payload("a"));
                var thrown = await Assert.ThrowsAnyAsync<Exception>(async () => await nodes.Raft.ReplicateAsync(entry, Patience));
                return thrown.GetType().Name;
            }));

    [Fact]
    public async Task Defect_8_A_proposal_that_a_later_leader_commits_within_the_patience_is_done()
    {
        await using var cluster = await ScriptedCluster.LeadAsync(3);
        cluster.Hold(Task.Delay(Timeout.Infinite, Patience));
        var answer = cluster.Proposer.ProposeAsync(TestCluster.Put("a", "1"), Durability.Quorum, Patience).AsTask();
        await cluster.HearOfNewLeaderAsync(after: cluster.LastIndex, payload: null, isCommitted: true);
        Assert.Equal(cluster.LastIndex, Assert.IsType<Proposal.Done>(await answer).Index);
    }

    [Fact]
    public async Task Defect_11_A_leader_that_steps_down_chooses_who_has_the_most_and_tells_it_to_stand() =>
        Assert.Equal("n3", await StepDownAsync(async nodes =>
        {
            var result = Assert.IsType<LeadershipResult.Done>(await nodes.HandOver.ToAnyAsync(Patience));
            Assert.Equal("n3", result.Leader?.Id);
        }));

    [Fact]
    public async Task Defect_11_In_the_library_a_leader_that_steps_down_tells_nobody() =>
        Assert.Equal("", await StepDownAsync(async nodes => Assert.True(await nodes.Raft.OnResignAsync(Patience))));

    /// <summary>n2 and n3 have a newer leader; this node hears of it only after it was asked for a read barrier.</summary>
    private static async Task<long?> AskDeposedAsync(Func<ScriptedCluster, Task<long?>> barrier)
    {
        await using var cluster = await ScriptedCluster.LeadAsync(3);
        var hears = new TaskCompletionSource();
        cluster.Hold(hears.Task);
        var answer = barrier(cluster);
        hears.SetResult();
        return await answer;
    }

    /// <summary>
    /// A leader appends an entry and loses the leadership before it is committed: the next leader, which has it, commits it
    /// later. Then it is asked again, as a follower.
    /// </summary>
    /// <returns>What the two callers were told.</returns>
    private static async Task<(string Appended, string NotAppended)> ProposeAndLoseAsync(
        Func<ScriptedCluster, CancellationToken, Task<string>> propose)
    {
        await using var cluster = await ScriptedCluster.LeadAsync(3);
        using var patience = new CancellationTokenSource();
        cluster.Hold(Task.Delay(Timeout.Infinite, Patience));
        var last = cluster.LastIndex + 1;
        var waits = propose(cluster, patience.Token);
        Assert.Equal(last, cluster.LastIndex);
        await cluster.HearOfNewLeaderAsync(after: last, payload: null, isCommitted: false);
        await patience.CancelAsync();
        var appended = await waits;
        var notAppended = await propose(cluster, Patience);
        Assert.Equal(last, cluster.LastIndex);

        await cluster.HearOfNewLeaderAsync(after: last, payload: null, isCommitted: true);
        Assert.Equal(last, cluster.Progress.Committed);
        return (appended, notAppended);
    }

    /// <summary>Of the two others, n3 has everything and n2 nothing.</summary>
    /// <returns>Who was told to take over.</returns>
    private static async Task<string> StepDownAsync(Func<ScriptedCluster, Task> stepDown)
    {
        await using var cluster = await ScriptedCluster.LeadAsync(3, prepare: nodes =>
        {
            nodes.Peers["n2"].OnAppend = request => Task.FromResult(nodes.Peers["n2"].Reply(request, HeartbeatResult.Rejected));
            nodes.Peers["n3"].OnTakeOver = () => nodes.HearOfNewLeaderAsync(nodes.LastIndex, payload: null, isCommitted: false, leader: "n3");
        });
        await stepDown(cluster);
        Assert.False(cluster.Raft.LeadsWithCommit);
        return string.Join(", ", cluster.Peers.Where(peer => peer.Value.Orders.Count > 0).Select(peer => peer.Key));
    }

    private static Task<long?> Synchronize(RaftNode node)
    {
        var call = typeof(DotNext.Net.Cluster.Consensus.Raft.RaftCluster<PeerMember>)
            .GetMethod("SynchronizeAsync", BindingFlags.Instance | BindingFlags.NonPublic)!;
        return ((ValueTask<long?>)call.Invoke(node, [0L, Patience])!).AsTask();
    }
}
