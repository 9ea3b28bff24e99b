using System.Text.Json;
using RaftCluster.Cli;
using RaftCluster.Client;

namespace RaftCluster.Tests.Cli;

/// <summary>What the doctor finds in what nodes say.</summary>
public sealed class DoctorTests
{
    private static readonly DateTimeOffset _now = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    /// <summary>what is wrong, check, severity, a part of what is said</summary>
    public static TheoryData<string, string, string, string> Ills => new()
    {
        { "away", "reachable", "Warning", "no answer" },
        { "away", "quorum", "Warning", "2 of 3 voters work, 2 are needed: one more failure stops all writes" },
        { "most away", "quorum", "Critical", "1 of 3 voters work" },
        { "no leader", "leader", "Critical", "no reachable node leads" },
        { "other leader", "leader", "Warning", "does not know n1 as the leader, but n9" },
        { "diverged", "replicas", "Critical", "at revision 40 the state hashes differ" },
        { "clock", "clock", "Warning", "n1's and n3's are 4 s apart" },
        { "clock far", "clock", "Critical", "40 s apart" },
        { "version", "version", "Warning", "n3: 0.9.0, protocol 3" },
        { "settings", "settings", "Warning", "--election-timeout differs: 600 ms at n1, n2; 900 ms at n3" },
        { "disk low", "disk", "Critical", "too little, only what makes room is written" },
        { "disk short", "disk", "Warning", "writes are refused below" },
        { "no reserve", "disk", "Note", "--disk-reserve 0" },
        { "aside", "disk", "Note", "damaged logs" },
        { "slow sync", "sync", "Warning", "99 of 100 up to 150 ms" },
        { "very slow sync", "sync", "Critical", "99 of 100 up to 1.5 s" },
        { "rebuilding", "rebuild", "Warning", "is being rebuilt from the others: it lost its log" },
        { "drained", "drained", "Note", "does not lead" },
        { "behind", "lag", "Warning", "20000 entries behind" },
        { "silent", "contact", "Warning", "n1, which leads, has not heard of it for 60 s" },
        { "far", "elections", "Warning", "n2 answers it in 100 ms" },
        { "for ever", "history", "Note", "grows for ever" },
        { "too much history", "history", "Warning", "more than that" },
        { "expired", "certificate", "Critical", "not now" },
        { "expires", "certificate", "Warning", "10 days" },
        { "clock source", "clock source", "Note", "hpet" },
    };

    [Theory, MemberData(nameof(Ills))]
    public void Each_ill_is_found_with_what_to_do(string ill, string check, string severity, string said)
    {
        var findings = DoctorCommand.Examine([Patient("n1", ill), Patient("n2", ill), Patient("n3", ill)]).Findings;

        var finding = findings.First(finding => finding.Check == check && finding.What.Contains(said, StringComparison.Ordinal));
        Assert.Equal(severity, finding.Severity.ToString());
        if (finding.Severity > Severity.Note)
        {
            Assert.False(string.IsNullOrWhiteSpace(finding.Do), $"{finding} does not say what to do");
        }
    }

    [Fact]
    public void A_cluster_that_is_well_has_nothing_but_good_findings()
    {
        var examination = DoctorCommand.Examine([Patient("n1", ""), Patient("n2", ""), Patient("n3", "")]);

        Assert.All(examination.Findings, finding => Assert.Equal(Severity.Good, finding.Severity));
        Assert.Equal(0, examination.ExitCode);
        string[] checks = ["quorum", "leader", "replicas", "clock", "version", "disk", "sync", "lag", "elections", "history", "certificate", "clock source"];
        Assert.All(checks, check => Assert.Contains(examination.Findings, finding => finding.Check == check));
    }

    [Theory]
    [InlineData("drained", 0)]
    [InlineData("away", 1)]
    [InlineData("most away", 2)]
    public void The_worst_is_the_exit_code(string ill, int code) =>
        Assert.Equal(code, DoctorCommand.Examine([Patient("n1", ill), Patient("n2", ill), Patient("n3", ill)]).ExitCode);

    [Fact]
    public async Task At_the_prompt_it_asks_all_nodes_and_tells_people_and_programs()
    {
        await using var node = await FakeNode.StartAsync();
        _ = node.On("GET", "/v1/cluster", 200, View("n1", node.Url));
        _ = node.On("GET", "/v1/node", 200, Report("n1", "{}"));
        var (people, programs) = (new Prompt { Endpoints = node.Url }, new Prompt { Endpoints = node.Url });

        Assert.Equal(2, await people.RunAsync("doctor"));
        Assert.Contains("only what makes room is written", people.Out, StringComparison.Ordinal);
        Assert.Contains("→ Give the disk more room", people.Out, StringComparison.Ordinal);

        Assert.Equal(2, await programs.RunAsync("doctor", "--json"));
        using var said = JsonDocument.Parse(programs.Out);
        Assert.Equal("critical", said.RootElement.GetProperty("worst").GetString());
        Assert.Equal(2, said.RootElement.GetProperty("exitCode").GetInt32());
        Assert.Contains(
            said.RootElement.GetProperty("findings").EnumerateArray(),
            finding => finding.GetProperty("check").GetString() == "disk" && finding.GetProperty("do").GetString()!.Contains("raftctl compact", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_node_of_an_older_version_is_looked_at_as_far_as_it_goes_and_none_at_all_is_critical()
    {
        await using var node = await FakeNode.StartAsync();
        _ = node.On("GET", "/v1/cluster", 200, View("n1", node.Url, disk: false));
        _ = node.Problem("GET", "/v1/node", 404, "no-such-resource", "not-applied");
        Assert.Equal(0, await new Prompt { Endpoints = node.Url }.RunAsync("doctor"));

        var away = node.Url;
        await node.DisposeAsync();
        Assert.Equal(2, await new Prompt { Endpoints = away }.RunAsync("doctor"));
    }

    /// <summary>What <c>GET /v1/cluster</c> says at the only node, whose disk is low.</summary>
    internal static string View(string node, string url, bool disk = true) => $$"""
        {"id":"c","epoch":1,"node":"{{node}}","role":"leader","leader":{"id":"{{node}}","url":"{{url}}"},"term":3,"commitIndex":5,
        "appliedIndex":5,"revision":40,"stateHash":"aa","members":[{"id":"{{node}}","role":"voter","url":"{{url}}"}]
        {{(disk ? ""","disk":{"folder":"/data","total":1000,"free":10,"reserve":100,"working":5,"low":true,"log":1,"spare":1,"rows":1}""" : "")}}}
        """;

    /// <summary>What <c>GET /v1/node</c> says.</summary>
    internal static string Report(string node, string options) => $$"""
        {"node":"{{node}}","version":"0.1.0","protocol":3,"now":"{{DateTimeOffset.UtcNow:O}}","startedAt":"{{DateTimeOffset.UtcNow:O}}",
        "sync":null,"peers":[],"history":{"oldestRevision":1,"revision":40},"certificate":null,"electionTimeoutMs":600,
        "heartbeatIntervalMs":100,"maxClockSkewMs":30000,"keepHistoryMs":86400000,"keepRevisions":null,"options":{{options}}}
        """;

    private static Patient Patient(string id, string ill)
    {
        var url = new Uri($"http://127.0.0.1:800{id[1]}");
        var third = id == "n3";
        if ((ill == "away" && third) || (ill == "most away" && id != "n1"))
        {
            return new Patient(new NodeView(id, url, Status: null, "connection refused"), null, 0, 0);
        }

        var latency = new LatencyInfo(100, 1, 2, 3);
        var disk = new DiskInfo { Folder = "/data", Total = 1L << 40, Free = 1L << 39, Reserve = 1L << 30, Working = 1L << 20 };
        var status = new ClusterStatus
        {
            Node = id,
            Role = ill != "no leader" && id == "n1" ? "leader" : "follower",
            Leader = ill == "no leader" ? null : new LeaderInfo(ill == "other leader" && third ? "n9" : "n1", url),
            Term = 3,
            CommitIndex = 30_000,
            AppliedIndex = ill == "behind" && third ? 10_000 : 30_000,
            Revision = 40,
            StateHash = ill == "diverged" && third ? "bb" : "aa",
            Rebuilding = ill == "rebuilding" && third ? "it lost its log" : null,
            Drained = ill == "drained" && third,
            Members =
            [
                .. new[] { "n1", "n2", "n3" }.Select(member => new MemberInfo
                {
                    Id = member,
                    Role = "voter",
                    LastContactMs = ill == "silent" && member == "n2" ? 60_000 : 10,
                }),
            ],
            Disk = ill switch
            {
                "disk low" when third => disk with { Low = true, Free = 1 << 20 },
                "disk short" when third => disk with { Free = 1L << 30 },
                "no reserve" when third => disk with { Reserve = 0 },
                "aside" when third => disk with { Aside = 5 },
                _ => disk,
            },
        };
        var report = new NodeReport
        {
            Node = id,
            Version = ill == "version" && third ? "0.9.0" : "0.1.0",
            Protocol = 3,
            Now = _now,
            ClockSource = ill == "clock source" && third ? "hpet" : "tsc",
            Sync = ill switch
            {
                "slow sync" when third => latency with { P99Ms = 150 },
                "very slow sync" when third => latency with { P99Ms = 1500 },
                _ => latency,
            },
            Peers = id == "n1" ? [new PeerInfo("n2", ill == "far" ? new LatencyInfo(9, 100, 250, 300) : latency)] : [],
            History = ill == "too much history" && id == "n1" ? new HistoryInfo(1, 1_000_000, _now) : new HistoryInfo(1, 40, _now - TimeSpan.FromHours(2)),
            Certificate = ill switch
            {
                "expired" when third => new CertificateInfo("CN=n3", _now - TimeSpan.FromDays(400), _now - TimeSpan.FromDays(1)),
                "expires" when third => new CertificateInfo("CN=n3", _now - TimeSpan.FromDays(400), _now + TimeSpan.FromDays(10)),
                _ => null,
            },
            ElectionTimeoutMs = ill == "settings" && third ? 900 : 600,
            HeartbeatIntervalMs = 100,
            MaxClockSkewMs = 30_000,
            KeepHistoryMs = ill == "for ever" ? null : 86_400_000,
            KeepRevisions = ill == "too much history" ? 1000 : null,
        };
        var ahead = ill switch { "clock" when third => 4_000, "clock far" when third => 40_000, _ => 0 };
        return new Patient(new NodeView(id, url, status, Failure: null), report, ahead, DoubtMs: 1);
    }
}
