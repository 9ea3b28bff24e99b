using System.Collections;
using RaftCluster.Node.Configuration;

namespace RaftCluster.Tests.Node.Configuration;

public sealed class OptionReaderTests
{
    private const string Three =
        "n1=http://127.0.0.1:8001/127.0.0.1:7001,n2=http://127.0.0.1:8002/127.0.0.1:7002,n3=http://127.0.0.1:8003/127.0.0.1:7003";

    [Fact]
    public void Two_options_are_enough()
    {
        var options = Sound(["--node", "n1", "--data", "d"]);

        Assert.Equal(("n1", "d", "raft", 1 << 20), (options.Node, options.Data, options.Cluster, options.MaxValue));
        Assert.Equal((new Uri("http://127.0.0.1:8001"), "127.0.0.1:7001"), (options.Http, options.Peer.ToString()));
        Assert.Equal(options.Self, Assert.Single(options.Members));
        Assert.Equal((600, 5000), (options.ElectionTimeout.TotalMilliseconds, options.Wait.TotalMilliseconds));
    }

    [Fact]
    public void The_command_line_wins_over_the_environment_and_that_over_the_file()
    {
        using var file = new TestFile("""
            { "node": "file", "data": "file", "wait": "3s", "max-value": 4096, "insecure": true, /* why not */ "log-format": "json", }
            """);
        var options = Sound(
            ["--node=line", $"--config={file.Path}"], ("RAFT_NODE", "variable"), ("RAFT_DATA", "variable"), ("RAFT_ENDPOINTS", "of raftctl"), ("PATH", "/bin"));

        Assert.Equal(("line", "variable", 3.0, 4096), (options.Node, options.Data, options.Wait.TotalSeconds, options.MaxValue));
        Assert.True(options.Insecure);
        Assert.Equal(LogFormat.Json, options.LogFormat);
    }

    [Fact]
    public void Backups_are_made_only_with_a_folder_for_them()
    {
        Assert.Null(Sound(["--node", "n1", "--data", "d"]).BackupFolder);
        var options = Sound(["--node", "n1", "--data", "d", "--backup-folder", "b", "--backup-every", "1h", "--backup-keep", "3"]);
        Assert.Equal(("b", 1.0, 3, 0), (options.BackupFolder, options.BackupEvery.TotalHours, options.BackupKeep, options.BackupIncrements));
    }

    [Fact]
    public void Traces_are_sent_where_an_option_or_the_variable_of_all_programs_says()
    {
        string[] least = ["--node", "n1", "--data", "d"];
        Assert.Null(Sound(least).Otlp);
        Assert.Equal(new OtlpOptions(null, null, null), Sound(least, (OtlpOptions.Variable, "http://collector:4317")).Otlp);
        Assert.Equal(
            new OtlpOptions(new Uri("https://collector/otlp"), OtlpProtocol.Http, 0.25),
            Sound([.. least, "--otlp-endpoint", "https://collector/otlp", "--otlp-protocol", "http"], ("RAFT_TRACE_SAMPLE", "0.25")).Otlp);
    }

    [Fact]
    public void The_members_name_this_nodes_addresses_too()
    {
        var options = Sound(["--node", "n2", "--data", "d", "--members", Three]);

        Assert.Equal((new Uri("http://127.0.0.1:8002"), "127.0.0.1:7002"), (options.Http, options.Peer.ToString()));
        Assert.Equal(["n1", "n2", "n3"], options.Members.Select(member => member.Id));
    }

    [Fact]
    public void It_listens_where_others_are_told_or_elsewhere()
    {
        var told = Sound(["--node", "n1", "--data", "d"]);
        Assert.Equal(("127.0.0.1:8001", "127.0.0.1:7001"), (told.HttpEndPoint.ToString(), told.PeerEndPoint.ToString()));

        // What others are told may be beyond this machine when a proxy on it is what listens there.
        var elsewhere = Sound(["--node", "n1", "--data", "d", "--http", "http://10.0.0.1:81", "--peer", "10.0.0.1:71", "--listen", "127.0.0.1"]);
        Assert.Equal(("127.0.0.1:81", "127.0.0.1:71"), (elsewhere.HttpEndPoint.ToString(), elsewhere.PeerEndPoint.ToString()));
        Assert.Equal(("http://10.0.0.1:81/", "10.0.0.1:71"), (elsewhere.Self.Url.AbsoluteUri, elsewhere.Self.Peer.ToString()));

        var all = Sound(["--node", "n1", "--data", "d", "--listen", "::", "--insecure"]);
        Assert.Equal("[::]:8001", all.HttpEndPoint.ToString());
    }

    [Fact]
    public void The_members_may_be_an_object_in_the_file()
    {
        using var file = new TestFile(
            """{ "node": "n1", "data": "d", "members": { "n1": "http://127.0.0.1:8001/127.0.0.1:7001", "n2": "http://[::1]:8002/[::1]:7002" } }""");

        Assert.Equal("[::1]:7002", Sound(["--config", file.Path]).Members[1].Peer.ToString());
    }

    [Fact]
    public void The_clusters_id_is_the_same_on_each_node_and_another_for_other_members()
    {
        var ids = new[] { "n1", "n2", "n3" }.Select(node => Sound(["--node", node, "--data", "d", "--members", Three]).ClusterId);
        var reordered = string.Join(',', Three.Split(',').Reverse());

        var id = Assert.Single(ids.Distinct());
        Assert.Equal(id, Sound(["--node", "n1", "--data", "d", "--members", reordered]).ClusterId);
        Assert.NotEqual(id, Sound(["--node", "n1", "--data", "d"]).ClusterId);
        Assert.NotEqual(id, Sound(["--node", "n1", "--data", "d", "--members", Three, "--cluster", "other"]).ClusterId);
        Assert.Equal(0x1fUL, Sound(["--node", "n1", "--data", "d", "--cluster-id", "000000000000001f"]).ClusterId);
    }

    /// <summary>arguments, the fault</summary>
    public static TheoryData<string, string> Faults => new()
    {
        { "--data d", "--node is missing: this node's id: 1 to 64 letters, digits, '-', '_' or '.'" },
        { "--node n1", "--data is missing: where this node keeps its data; made when it is not there" },
        { "--node n/1 --data d", "--node 'n/1' is no name: 1 to 64 letters, digits, '-', '_' or '.'" },
        { "--node n1 --data d --nodes 3", "--nodes is no option; did you mean --node?" },
        { "--node n1 --data d --election-timeuot=1s", "--election-timeuot is no option; did you mean --election-timeout?" },
        { "--node n1 --data d stray", "'stray' belongs to no option" },
        { "--node n1 --data d --node n2", "--node is stated twice" },
        { "--node n1 --data d --wait", "--wait needs a value: how long a request waits when it does not say (default 5s)" },
        { "--node n1 --data d --wait 5", "--wait '5' is no time: a number and a unit: 500ms, 5s, 2m or 1h" },
        { "--node n1 --data d --wait 11m", "--wait 11m is out of bounds: 0ms to 10m" },
        { "--node n1 --data d --max-value 1mb", "--max-value '1mb' is no size: a whole number of bytes, or one with a unit: 4096, 64KiB, 1MiB" },
        { "--node n1 --data d --max-value 5MiB", "--max-value 5MiB is out of bounds: 1 to 4194304 bytes" },
        { "--node n1 --data d --http https://127.0.0.1:1", "--http 'https://127.0.0.1:1' is no http://HOST:PORT" },
        { "--node n1 --data d --http http://127.0.0.1:1/x", "--http 'http://127.0.0.1:1/x' has more than http://HOST:PORT" },
        { "--node n1 --data d --http http://host:1", "--http 'http://host:1' needs an IP address or localhost as its host" },
        { "--node n1 --data d --http http://0.0.0.0:1 --insecure", "--http 'http://0.0.0.0:1' can't be told to others: state the address of one interface" },
        { "--node n1 --data d --http http://10.0.0.1:1", "--http 10.0.0.1 is not loopback: everyone who reaches it could read and write everything, so it takes --insecure" },
        { "--node n1 --data d --peer 10.0.0.1:1", "--peer 10.0.0.1 is not loopback: everyone who reaches it could read and write everything, so it takes --insecure" },
        { "--node n1 --data d --listen 0.0.0.0", "--listen 0.0.0.0 is not loopback: everyone who reaches it could read and write everything, so it takes --insecure" },
        { "--node n1 --data d --listen all", "--listen 'all' is no IP address" },
        { "--node n1 --data d --peer 127.0.0.1", "--peer '127.0.0.1' is no IP:PORT" },
        { "--node n4 --data d --members n1=http://127.0.0.1:1/127.0.0.1:2", "--members does not name this node, 'n4'" },
        { "--node n1 --data d --members n1=http://127.0.0.1:1/127.0.0.1:2 --http http://127.0.0.1:3", "--members has http://127.0.0.1:1 for n1, but --http is http://127.0.0.1:3" },
        { "--node n1 --data d --members n1=http://127.0.0.1:1/127.0.0.1:2,n2=http://127.0.0.1:1/127.0.0.1:4", "--members has 'n2=http://127.0.0.1:1/127.0.0.1:4' beside 'n1=http://127.0.0.1:1/127.0.0.1:2': ids and addresses must differ" },
        { "--node n1 --data d --members n1=http://127.0.0.1:1/127.0.0.1:2,n2", "--members 'n2': a member is ID=http://HOST:PORT/IP:PORT, its HTTP API before the slash and its peer address behind it" },
        { "--node n1 --data d --members n1=http://127.0.0.1:1/127.0.0.1:2,n2=http://127.0.0.1:3/nope:4", "--members 'n2=http://127.0.0.1:3/nope:4': 'nope:4' is no IP:PORT" },
        { "--node n1 --data d --cluster-id 1f", "--cluster-id '1f' is not 16 hexadecimal digits" },
        { "--node n1 --data d --insecure=perhaps", "--insecure 'perhaps' is neither true nor false" },
        { "--node n1 --data d --log-level loud", "--log-level 'loud' is none of trace, debug, info, warning, error, none" },
        { "--node n1 --data d --heartbeat-interval 300ms", "--heartbeat-interval 300ms is too long: three must fit into the election timeout of 600ms" },
        { "--node n1 --data d --state-version 1", "--state-version '1' is no number from 2 to 2" },
        { "--node n1 --data d --state-version 3", "--state-version '3' is no number from 2 to 2" },
        { "--node n1 --data d --failover never", "--failover 'never' is none of automatic, manual" },
        { "--node n1 --data d --failover manual", "--failover can't be manual: this node is the whole cluster, and leads from its start" },
        { "--node n1 --data d --trace-sample 1", "--trace-sample goes with --otlp-endpoint or OTEL_EXPORTER_OTLP_ENDPOINT" },
        { "--node n1 --data d --otlp-endpoint collector:4317", "--otlp-endpoint 'collector:4317' is no http:// or https:// address, as http://127.0.0.1:4317" },
        { "--node n1 --data d --otlp-endpoint http://me:secret@collector", "--otlp-endpoint has a name or password in it: headers for the collector go into OTEL_EXPORTER_OTLP_HEADERS" },
        { "--node n1 --data d --otlp-endpoint http://c --otlp-protocol thrift", "--otlp-protocol 'thrift' is none of grpc, http" },
        { "--node n1 --data d --otlp-endpoint http://c --trace-sample 1.5", "--trace-sample '1.5' is no number from 0 to 1" },
        { "--node n1 --data d --audit-size 1KiB", "--audit-size 1KiB is out of bounds: 65536 to 1099511627776 bytes" },
        { "--node n1 --data d --backup-every 1h", "--backup-every goes with --backup-folder" },
        { "--node n1 --data d --backup-folder b --backup-keep 0", "--backup-keep '0' is no number from 1 to 10000" },
        { "--config /nowhere/at/all --node n1 --data d", "--config /nowhere/at/all can't be read: Could not find a part of the path '/nowhere/at/all'." },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_fault_is_told_in_one_line(string arguments, string fault) =>
        Assert.Equal([fault], Faulty(arguments.Split(' ')));

    [Fact]
    public void Every_fault_is_told_not_only_the_first() => Assert.Equal(
        [
            "--bogus is no option",
            "RAFT_DATTA is no variable of a node; did you mean RAFT_DATA?",
            "RAFT_NODE 'a b' is no name: 1 to 64 letters, digits, '-', '_' or '.'",
            "--data is missing: where this node keeps its data; made when it is not there",
            "RAFT_WAIT 'x' is no time: a number and a unit: 500ms, 5s, 2m or 1h",
        ],
        Faulty(["--bogus"], ("RAFT_DATTA", "d"), ("RAFT_NODE", "a b"), ("RAFT_WAIT", "x")));

    [Theory]
    [InlineData("[]", "holds no JSON object")]
    [InlineData("{ \"node\": }", "is no JSON: line 1, byte 11")]
    public void A_file_that_is_no_set_of_options_is_told(string json, string what)
    {
        using var file = new TestFile(json);

        Assert.Equal([$"--config {file.Path} {what}"], Faulty(["--config", file.Path, "--node", "n1", "--data", "d"]));
    }

    [Fact]
    public void A_wrong_name_or_kind_in_the_file_is_told()
    {
        using var file = new TestFile("""{ "nod": "n1", "wait": ["5s"], "config": "x" }""");

        Assert.Equal(
            [
                $"\"nod\" in {file.Path} is no option; did you mean node?",
                $"\"wait\" in {file.Path} must be a string, a number or a truth value",
                $"\"config\" in {file.Path} is no option; did you mean config?",
            ],
            Faulty(["--config", file.Path, "--node", "n1", "--data", "d"]));
    }

    [Fact]
    public void Help_and_version_are_answered_whatever_else_is_said()
    {
        var help = Assert.IsType<OptionsRead.Asked>(OptionReader.Read(["--bogus", "--help"], new Hashtable()));
        Assert.All(OptionList.All, line => Assert.Contains($"{line.Flag} ", help.Text, StringComparison.Ordinal));
        var version = Assert.IsType<OptionsRead.Asked>(OptionReader.Read(["--version"], new Hashtable()));
        Assert.StartsWith("raftcluster-node 0.", version.Text, StringComparison.Ordinal);
    }

    private static NodeOptions Sound(string[] arguments, params (string, string)[] environment) =>
        Assert.IsType<OptionsRead.Sound>(OptionReader.Read(arguments, Environment(environment))).Options;

    private static System.Collections.Immutable.ImmutableArray<string> Faulty(string[] arguments, params (string, string)[] environment) =>
        Assert.IsType<OptionsRead.Faulty>(OptionReader.Read(arguments, Environment(environment))).Faults;

    private static Hashtable Environment((string Name, string Value)[] variables) =>
        new(variables.ToDictionary(variable => variable.Name, variable => variable.Value));

    private sealed class TestFile : IDisposable
    {
        public TestFile(string text) => File.WriteAllText(Path, text);

        public string Path { get; } = System.IO.Path.GetTempFileName();

        public void Dispose() => File.Delete(Path);
    }
}
