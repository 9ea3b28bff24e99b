using System.Net;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Elections;

namespace RaftCluster.Tests.Node.Consensus.Elections;

public sealed class CandidacyTests
{
    private static readonly Member[] _members =
    [
        .. Enumerable.Range(1, 4).Select(at => new Member($"n{at}", new Uri($"http://127.0.0.1:{at}"), new IPEndPoint(IPAddress.Loopback, at))),
    ];

    /// <summary>mode, rebuilt, drained, what was said for term 5 → may stand in the term after 5</summary>
    public static TheoryData<FailoverMode, bool, bool, string, bool> Cases => new()
    {
        { FailoverMode.Automatic, true, false, "", true },
        { FailoverMode.Automatic, false, false, "", false },
        { FailoverMode.Automatic, true, true, "", false },
        { FailoverMode.Automatic, true, true, "ordered", false },
        { FailoverMode.Manual, true, false, "", false },
        { FailoverMode.Manual, true, false, "ordered", true },
        { FailoverMode.Manual, true, false, "called", true },
        { FailoverMode.Manual, true, true, "called", false },
        { FailoverMode.Manual, false, false, "ordered", false },
    };

    [Theory, MemberData(nameof(Cases))]
    public void Mode_rows_and_drain_decide_and_a_word_counts_for_one_term(
        FailoverMode mode, bool rebuilt, bool drained, string word, bool may)
    {
        var candidacy = new Candidacy(mode, () => rebuilt, () => true, TimeProvider.System) { IsDrained = drained };
        switch (word)
        {
            case "ordered":
                candidacy.Order(5);
                break;
            case "called":
                candidacy.Call(5);
                break;
        }

        Assert.Equal(may, candidacy.MayStand(5));
        Assert.Equal(may && mode == FailoverMode.Automatic, candidacy.MayStand(6));
        candidacy.EndCall();
        Assert.Equal(may && word != "called", candidacy.MayStand(5));
    }

    [Theory]
    [InlineData(FailoverMode.Automatic, true, true)]
    [InlineData(FailoverMode.Automatic, false, false)]
    [InlineData(FailoverMode.Manual, true, false)]
    public void A_drained_node_stands_as_the_last_resort_unless_it_may_not_for_another_reason(FailoverMode mode, bool rebuilt, bool may)
    {
        var candidacy = new Candidacy(mode, () => rebuilt, () => true, TimeProvider.System) { IsDrained = true };
        Assert.False(candidacy.MayStand(5));
        candidacy.IsLastResort = true;
        Assert.Equal(may, candidacy.MayStand(5));
    }

    /// <summary>self, leader → how many stand before it</summary>
    [Theory]
    [InlineData(1, 0, 0)]
    [InlineData(2, 0, 1)]
    [InlineData(2, 1, 0)]
    [InlineData(1, 4, 0)]
    [InlineData(3, 4, 2)]
    [InlineData(4, 4, 3)]
    public void The_nodes_after_the_leader_stand_one_after_the_other(int self, int leader, int rank) =>
        Assert.Equal(rank, ElectionTimer.RankOf(_members[self - 1], leader == 0 ? null : _members[leader - 1], _members));

    [Fact]
    public void A_learner_stands_at_nobodys_word()
    {
        var candidacy = new Candidacy(FailoverMode.Automatic, () => true, () => false, TimeProvider.System);
        candidacy.Order(5);
        candidacy.Call(5);
        Assert.False(candidacy.MayStand(5));
        Assert.Equal("has no vote", candidacy.Refusal);
    }
}
