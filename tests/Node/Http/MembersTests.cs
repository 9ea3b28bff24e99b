using System.Net;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Members;

namespace RaftCluster.Tests.Node.Http;

/// <summary><c>/v1/members</c>: what goes to agreement, and what comes back.</summary>
public sealed class MembersTests
{
    [Theory]
    [InlineData("PUT", "/v1/members", 405, "method-not-allowed")]
    [InlineData("DELETE", "/v1/members", 405, "method-not-allowed")]
    [InlineData("POST", "/v1/members/n1", 405, "method-not-allowed")]
    [InlineData("GET", "/v1/members/n1", 405, "method-not-allowed")]
    [InlineData("DELETE", "/v1/member/n1", 404, "no-such-resource")]
    public async Task What_is_no_such_resource_or_verb_is_told_and_changes_nothing(string verb, string target, int status, string code)
    {
        await using var node = await TestNode.LeaderAsync();
        node.Consensus.AnswerToChange = change => throw new InvalidOperationException($"asked for {change}");

        var answer = await node.SendAsync(verb, target, verb == "GET" ? null : "{}");

        Assert.Equal((status, code), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task A_body_that_is_too_long_is_refused()
    {
        await using var node = await TestNode.LeaderAsync();
        node.Consensus.AnswerToChange = change => throw new InvalidOperationException($"asked for {change}");

        var answer = await node.SendAsync("POST", "/v1/members", New.Replace("n9", new string('n', 5000), StringComparison.Ordinal));

        Assert.Equal((413, "too-large", "not-applied"), (answer.Status, answer.Code, answer.Outcome));
    }

    private const string New = """{"id":"n9","url":"http://127.0.0.1:8009","peer":"127.0.0.1:7009"}""";

    [Fact]
    public async Task The_members_are_shown_as_the_leader_sees_them()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;
        foreach (var node in (TestNode[])[leader, follower])
        {
            var answer = await node.GetAsync("/v1/members");
            Assert.Equal((200, "n1"), (answer.Status, answer["Raft-Leader"]));
            var members = answer.Json.GetProperty("members").EnumerateArray().ToArray();
            Assert.Equal(["n1", "n2"], members.Select(member => member.GetProperty("id").GetString()));
            Assert.Equal(("voter", "auto"), (members[0].GetProperty("role").GetString(), members[0].GetProperty("promote").GetString()));
            Assert.Equal(0, answer.Json.GetProperty("index").GetInt64());
        }
    }

    [Fact]
    public async Task A_new_member_is_asked_for_and_201_the_first_time_alone()
    {
        await using var node = await TestNode.LeaderAsync();
        var asked = new List<MemberChange>();
        node.Consensus.AnswerToChange = change =>
        {
            asked.Add(change);
            return new MembershipAnswer.Done(ConfigurationAt.Initial([node.Self]), Changed: asked.Count == 1);
        };

        Assert.Equal(201, (await node.SendAsync("POST", "/v1/members", New)).Status);
        Assert.Equal(200, (await node.SendAsync("POST", "/v1/members", New.Replace("}", ""","promote":"never"}"""))).Status);
        var member = new Member("n9", new Uri("http://127.0.0.1:8009"), new IPEndPoint(IPAddress.Loopback, 7009));
        Assert.Equal([new MemberChange.Add(member, Promotion.Auto), new MemberChange.Add(member, Promotion.Never)], asked);
    }

    [Fact]
    public async Task A_member_is_altered_and_removed_by_name_through_any_node()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;
        var asked = new List<MemberChange>();
        leader.Consensus.AnswerToChange = change =>
        {
            asked.Add(change);
            return new MembershipAnswer.Done(ConfigurationAt.Initial([leader.Self]), Changed: true);
        };

        Assert.Equal(200, (await follower.SendAsync("PATCH", "/v1/members/n2", """{"role":"learner","promote":"manual"}""")).Status);
        Assert.Equal(200, (await follower.SendAsync("DELETE", "/v1/members/n2")).Status);
        Assert.Equal(
            [new MemberChange.Alter("n2") { Role = MemberRole.Learner, Promotion = Promotion.Manual }, new MemberChange.Remove("n2")], asked);
    }

    public static TheoryData<MembershipRefusal, int, string, bool> Refusals => new()
    {
        { MembershipRefusal.ChangeInProgress, 409, "change-in-progress", true },
        { MembershipRefusal.NoSuchMember, 404, "no-such-member", false },
        { MembershipRefusal.MemberExists, 409, "member-exists", false },
        { MembershipRefusal.AddressTaken, 409, "address-taken", false },
        { MembershipRefusal.WouldLoseQuorum, 409, "would-lose-quorum", false },
        { MembershipRefusal.LearnerBehind, 409, "learner-behind", true },
        { MembershipRefusal.TooManyMembers, 409, "too-many-members", false },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_refusal_says_why_and_that_nothing_was_done(MembershipRefusal reason, int status, string code, bool retryable)
    {
        await using var node = await TestNode.LeaderAsync();
        node.Consensus.AnswerToChange = _ => new MembershipAnswer.Refused(reason, "because");

        var answer = await node.SendAsync("DELETE", "/v1/members/n1");

        Assert.Equal((status, code, "not-applied"), (answer.Status, answer.Code, answer.Outcome));
        Assert.Equal("because; nothing was done", answer.Json.GetProperty("detail").GetString());
        Assert.Equal(retryable, answer.Json.GetProperty("retryable").GetBoolean());
    }

    [Fact]
    public async Task An_unknown_outcome_is_called_unknown()
    {
        await using var node = await TestNode.LeaderAsync();
        node.Consensus.AnswerToChange = _ => new MembershipAnswer.Unknown("leadership was lost");

        var answer = await node.SendAsync("POST", "/v1/members", New);

        Assert.Equal((504, "commit-timeout", "unknown"), (answer.Status, answer.Code, answer.Outcome));
    }

    [Theory]
    [InlineData("POST", "/v1/members", "", "body")]
    [InlineData("POST", "/v1/members", "[]", "body")]
    [InlineData("POST", "/v1/members", "{", "body")]
    [InlineData("POST", "/v1/members", "{}", "id")]
    [InlineData("POST", "/v1/members", """{"id":"n9"}""", "url")]
    [InlineData("POST", "/v1/members", """{"id":"n9","url":"http://127.0.0.1:1"}""", "peer")]
    [InlineData("POST", "/v1/members", """{"id":"n 9","url":"http://127.0.0.1:1","peer":"127.0.0.1:2"}""", "id")]
    [InlineData("POST", "/v1/members", """{"id":"n9","url":"ftp://127.0.0.1:1","peer":"127.0.0.1:2"}""", "url")]
    [InlineData("POST", "/v1/members", """{"id":"n9","url":"http://0.0.0.0:1","peer":"127.0.0.1:2"}""", "url")]
    [InlineData("POST", "/v1/members", """{"id":"n9","url":"http://127.0.0.1:1","peer":"here"}""", "peer")]
    [InlineData("POST", "/v1/members", """{"id":"n9","url":"http://127.0.0.1:1","peer":"127.0.0.1:2","role":"voter"}""", "role")]
    [InlineData("POST", "/v1/members", """{"id":"n9","url":"http://127.0.0.1:1","peer":"127.0.0.1:2","promote":"soon"}""", "promote")]
    [InlineData("POST", "/v1/members", """{"id":"n9","id":"n8"}""", "id")]
    [InlineData("POST", "/v1/members", """{"id":9}""", "id")]
    [InlineData("POST", "/v1/members", """{"name":"n9"}""", "name")]
    [InlineData("PATCH", "/v1/members/n1", "{}", "body")]
    [InlineData("PATCH", "/v1/members/n1", """{"role":"king"}""", "role")]
    [InlineData("PATCH", "/v1/members/n1", """{"id":"n2"}""", "id")]
    [InlineData("PATCH", "/v1/members/n1", """{"peer":"nowhere"}""", "peer")]
    [InlineData("POST", "/v1/members?forc=true", "{}", "forc")]
    [InlineData("DELETE", "/v1/members/n1?force=true", null, "force")]
    [InlineData("GET", "/v1/members?role=voter", null, "role")]
    [InlineData("DELETE", "/v1/members/", null, "id")]
    [InlineData("DELETE", "/v1/members/n1/vote", null, "id")]
    [InlineData("DELETE", "/v1/members/n%201", null, "id")]
    [InlineData("PATCH", "/v1/members/n1/vote", """{"role":"voter"}""", "id")]
    [InlineData("PATCH", "/v1/members/n1", "", "body")]
    [InlineData("PATCH", "/v1/members/n1", """{"promote":"soon"}""", "promote")]
    [InlineData("PATCH", "/v1/members/n1", """{"url":"nowhere"}""", "url")]
    [InlineData("PATCH", "/v1/members/n1", """{"rôle":"voter"}""", "rôle")]
    [InlineData("POST", "/v1/members", """{"id":null,"url":"http://127.0.0.1:1","peer":"127.0.0.1:2"}""", "id")]
    [InlineData("POST", "/v1/members", """{"id":"","url":"http://127.0.0.1:1","peer":"127.0.0.1:2"}""", "id")]
    [InlineData("POST", "/v1/members", """{"id":"n9","url":"http://127.0.0.1","peer":"127.0.0.1:0"}""", "peer")]
    public async Task What_is_malformed_is_named(string verb, string target, string? body, string field)
    {
        await using var node = await TestNode.LeaderAsync();
        node.Consensus.AnswerToChange = change => throw new InvalidOperationException($"asked for {change}");

        var answer = await node.SendAsync(verb, target, body);

        Assert.Equal((400, "malformed", field), (answer.Status, answer.Code, answer.Field));
    }
}
