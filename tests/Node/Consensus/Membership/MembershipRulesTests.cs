using System.Net;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Members;

namespace RaftCluster.Tests.Node.Consensus.Membership;

/// <summary>What may be done to the members: decisions as values.</summary>
public sealed class MembershipRulesTests
{
    private static readonly MembershipRules _rules = new(silence: TimeSpan.FromSeconds(1), reach: 100);

    // The members: n1! leads, n2 is well, n3? is silent, n4- lacks too much, n5* was never heard of; l as a learner.
    // What is asked for, and what is decided.
    public static TheoryData<string, string, string> Decisions => new()
    {
        { "n1!", "add n2", "n1, n2 (learner)" },
        { "n1! n2 n3", "add n4", "n1, n2, n3, n4 (learner)" },
        { "n1! n2? n3?", "add n4", "n1, n2, n3, n4 (learner)" },
        { "n1! n2", "add n2", "nothing" },
        { "n1! n2l", "add n2", "nothing" },
        { "n1! n2", "add n2 @9", "MemberExists" },
        { "n1! n2", "add n3 @2", "AddressTaken" },
        { "n1! n2 n3, pending", "add n4", "ChangeInProgress" },

        { "n1! n2l", "promote n2", "n1, n2" },
        { "n1! n2l-", "promote n2", "LearnerBehind" },
        { "n1! n2l?", "promote n2", "LearnerBehind" },
        { "n1! n2l*", "promote n2", "LearnerBehind" },
        { "n1! n2 n3? n4l", "promote n4", "n1, n2, n3, n4" },
        { "n1! n2? n3l", "promote n3", "n1, n2, n3" },
        { "n1! n2? n3? n4l", "promote n4", "WouldLoseQuorum" },
        { "n1! n2", "promote n2", "nothing" },
        { "n1! n2 n3, pending", "promote n3", "ChangeInProgress" },
        { "n1! n2", "promote n9", "NoSuchMember" },

        { "n1! n2 n3", "demote n3", "n1, n2, n3 (learner)" },
        { "n1! n2 n3?", "demote n2", "WouldLoseQuorum" },
        { "n1!", "demote n1", "WouldLoseQuorum" },
        { "n1! n2", "demote n1", "hand over" },
        { "n1! n2l", "demote n2", "nothing" },

        { "n1! n2 n3", "remove n3", "n1, n2" },
        { "n1! n2 n3?", "remove n3", "n1, n2" },
        { "n1! n2 n3?", "remove n2", "WouldLoseQuorum" },
        { "n1! n2 n3-", "remove n2", "WouldLoseQuorum" },
        { "n1! n2 n3*", "remove n2", "WouldLoseQuorum" },
        { "n1! n2 n3", "remove n1", "hand over" },
        { "n1! n2? n3", "remove n1", "WouldLoseQuorum" },
        { "n1! n2", "remove n2", "n1" },
        { "n1!", "remove n1", "WouldLoseQuorum" },
        { "n1! n2l", "remove n1", "WouldLoseQuorum" },
        { "n1! n2l*", "remove n2", "n1" },
        { "n1! n2? n3?", "remove n2", "WouldLoseQuorum" },
        { "n1! n2? n3l?", "remove n3", "n1, n2" },
        { "n1! n2 n3 n4? n5?", "remove n5", "n1, n2, n3, n4" },
        { "n1! n2 n3 n4? n5?", "remove n3", "WouldLoseQuorum" },
        { "n1! n2, pending", "remove n2", "ChangeInProgress" },
        { "n1! n2", "remove n9", "NoSuchMember" },

        { "n1! n2", "move n2 @9", "n1, n2" },
        { "n1! n2", "move n2 @1", "AddressTaken" },
        { "n1! n2", "move n2 @2", "nothing" },
        { "n1!", "move n1 @9", "n1" },
        { "n1! n2?", "move n2 @9", "n1, n2" },
    };

    [Theory]
    [MemberData(nameof(Decisions))]
    public void Each_is_decided_by_who_is_well(string members, string change, string decision)
    {
        var view = View(members);
        var decided = _rules.Decide(view, Change(change));
        Assert.Equal(decision, decided switch
        {
            MembershipDecision.Propose propose => propose.Next.ToString(),
            MembershipDecision.Nothing => "nothing",
            MembershipDecision.HandOverFirst => "hand over",
            MembershipDecision.Refuse refuse => $"{refuse.Reason}",
            _ => "?",
        });
        if (decided is MembershipDecision.Propose { Next: var next })
        {
            // One at a time: any majority of before and any of after share a voter.
            var (before, after) = (view.Current.Voters.Select(v => v.Id).ToHashSet(), next.Voters.Select(v => v.Id).ToHashSet());
            Assert.True(before.Except(after).Count() + after.Except(before).Count() <= 1);
        }
    }

    [Fact]
    public void A_cluster_may_have_64_members()
    {
        var view = View(string.Join(' ', Enumerable.Range(1, 64).Select(number => number == 1 ? "n1!" : $"n{number}l")));
        Assert.Equal(MembershipRefusal.TooManyMembers, Assert.IsType<MembershipDecision.Refuse>(_rules.Decide(view, Change("add n65"))).Reason);
    }

    [Fact]
    public void A_voter_that_is_made_a_learner_does_not_become_a_voter_again_by_itself()
    {
        var next = Assert.IsType<MembershipDecision.Propose>(_rules.Decide(View("n1! n2 n3"), Change("demote n3"))).Next;
        Assert.Equal(Promotion.Manual, next.Find("n3")!.Promotion);
    }

    [Fact]
    public void The_refusal_says_who_is_not_well_and_why()
    {
        var refused = Assert.IsType<MembershipDecision.Refuse>(_rules.Decide(View("n1! n2 n3? n4- n5*"), Change("remove n2")));
        Assert.Equal(
            "of the 4 voters afterwards 3 would be needed, and only 1 is well; not so n3 (heard of 5000 ms ago, 0 entries behind), "
            + "n4 (heard of 10 ms ago, 101 entries behind), n5 (never heard of)",
            refused.Detail);
    }

    private static MembershipView View(string text)
    {
        var parts = text.Split(", ");
        var members = parts[0].Split(' ').Select(word => (Id: word.TrimEnd('!', '?', '-', '*', 'l'), Marks: word)).ToArray();
        var configuration = new ClusterConfiguration(members.Select(member => new ConfiguredMember(
            Named(member.Id, member.Id[1..]),
            member.Marks.Contains('l', StringComparison.Ordinal) ? MemberRole.Learner : MemberRole.Voter,
            Promotion.Auto)));
        return new MembershipView(
            configuration,
            parts.Length == 1,
            members.Single(member => member.Marks.EndsWith('!')).Id,
            id => members.Single(member => member.Id == id).Marks[^1] switch
            {
                '?' => new MemberHealth(TimeSpan.FromSeconds(5), 0),
                '-' => new MemberHealth(TimeSpan.FromMilliseconds(10), 101),
                '*' => new MemberHealth(null, 1000),
                _ => new MemberHealth(TimeSpan.FromMilliseconds(10), 100),
            });
    }

    private static MemberChange Change(string text)
    {
        var words = text.Split(' ');
        var at = Named(words[1], words.Length > 2 ? words[2][1..] : words[1][1..]);
        return words[0] switch
        {
            "add" => new MemberChange.Add(at, Promotion.Auto),
            "promote" => new MemberChange.Alter(words[1]) { Role = MemberRole.Voter },
            "demote" => new MemberChange.Alter(words[1]) { Role = MemberRole.Learner },
            "move" => new MemberChange.Alter(words[1]) { Url = at.Url, Peer = at.Peer },
            _ => new MemberChange.Remove(words[1]),
        };
    }

    private static Member Named(string id, string number) =>
        new(id, new Uri($"http://127.0.0.1:80{number}"), new IPEndPoint(IPAddress.Loopback, int.Parse($"70{number}", System.Globalization.CultureInfo.InvariantCulture)));
}
