using System.Text.Json;
using System.Text.Json.Nodes;

namespace RaftCluster.Browser;

/// <summary>What two well nodes, n1 which leads and n2, say of themselves, but for one thing that is wrong.</summary>
internal static class Surveys
{
    private const string Well =
        """
        {"node":"n1","at":"2026-01-01T00:00:00Z","nodes":[
          {"id":"n1","role":"voter","url":"http://127.0.0.1:1","tookMs":1,"view":{"node":"n1","role":"leader","term":2,"leader":{"id":"n1","url":"http://127.0.0.1:1"},
            "epoch":1,"revision":9,"stateHash":"aa","appliedIndex":9,"commitIndex":9,"started":"2026-01-01T00:00:00Z","version":"1","failover":"automatic","drained":false,
            "disk":{"folder":"/data","free":100000000000,"reserve":1000000,"working":1000,"low":false,"rows":5},
            "members":[{"id":"n1","lag":0,"lastContactMs":null,"peer":"127.0.0.1:3"},{"id":"n2","lag":0,"lastContactMs":10,"peer":"127.0.0.1:4"}]}},
          {"id":"n2","role":"voter","url":"http://127.0.0.1:2","tookMs":1,"view":{"node":"n2","role":"follower","term":2,"leader":{"id":"n1","url":"http://127.0.0.1:1"},
            "epoch":1,"revision":9,"stateHash":"aa","appliedIndex":9,"commitIndex":9,"started":"2026-01-01T00:00:00Z","version":"1","failover":"automatic","drained":false,
            "disk":{"folder":"/data","free":100000000000,"reserve":1000000,"working":1000,"low":false,"rows":5},"members":[]}}]}
        """;

    /// <summary>The survey with one member of it as given: on the leader's disk, on its link to n2, or in what n2 says.</summary>
    public static string Of(string member, object value)
    {
        var survey = JsonNode.Parse(Well)!;
        var (leader, follower) = (survey["nodes"]![0]!["view"]!, survey["nodes"]![1]!["view"]!);
        var place = member switch
        {
            "low" => leader["disk"]!,
            "lag" or "lastContactMs" => leader["members"]![1]!,
            _ => follower,
        };
        place[member] = JsonSerializer.SerializeToNode(value);
        if (member == "low")
        {
            place["free"] = 100_000_000;
        }

        if (member == "rebuilding")
        {
            // A node that is being rebuilt is no voter that works; a third one keeps the quorum out of it.
            follower["revision"] = 5;
            survey["nodes"]![1]!["role"] = "learner";
        }

        return survey.ToJsonString();
    }
}
