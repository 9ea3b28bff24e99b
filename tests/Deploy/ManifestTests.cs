using System.Collections;
using System.Text.RegularExpressions;
using RaftCluster.Node.Configuration;
using RaftCluster.Tests.Architecture;
using YamlDotNet.RepresentationModel;
using Programs = RaftCluster.Tests.Node.Metrics.PrometheusTools;

namespace RaftCluster.Tests.Deploy;

/// <summary>
/// The manifests of deploy/kubernetes: that a pod's environment is what a node starts with, that who is to find whom does, and that
/// probes ask for what is there. Their form is checked by deploy/kubernetes/validate, against Kubernetes's own schemas.
/// </summary>
public sealed partial class ManifestTests
{
    private static readonly Dictionary<string, string> _labelsOfPods = new() { ["app.kubernetes.io/name"] = "raftcluster" };

    private static readonly YamlMappingNode[] _objects =
    [
        .. Directory.GetFiles(Path.Combine(Repository.Root, "deploy/kubernetes"), "*.yaml").Order(StringComparer.Ordinal)
            .Where(file => Path.GetFileName(file) != "kustomization.yaml").SelectMany(Documents),
    ];

    private static YamlNode Set => One("StatefulSet");

    private static YamlNode Pod => At(Set, "spec.template");

    private static YamlNode Container => At(Pod, "spec.containers")[0];

    [Theory]
    [InlineData("raftcluster-0", "10.96.0.10")]
    [InlineData("raftcluster-1", "10.96.0.11")]
    [InlineData("raftcluster-2", "10.96.0.12")]
    public void A_pods_environment_makes_a_node_that_others_reach_by_its_service(string pod, string address)
    {
        var options = Assert.IsType<OptionsRead.Sound>(OptionReader.Read([], Environment(pod))).Options;

        Assert.Equal((pod, $"http://{address}:8001/", $"{address}:7001"), (options.Node, options.Http.AbsoluteUri, options.Peer.ToString()));
        Assert.Equal(("0.0.0.0:8001", "0.0.0.0:7001"), (options.HttpEndPoint.ToString(), options.PeerEndPoint.ToString()));
        Assert.Equal(["raftcluster-0", "raftcluster-1", "raftcluster-2"], options.Members.Select(member => member.Id));
        Assert.StartsWith(Text(At(Container, "volumeMounts")[0], "mountPath") + "/", options.Data, StringComparison.Ordinal);
        // All of them make one cluster of it.
        Assert.Equal(Assert.IsType<OptionsRead.Sound>(OptionReader.Read([], Environment("raftcluster-1"))).Options.ClusterId, options.ClusterId);
    }

    [Fact]
    public void Every_selector_finds_the_pods_and_every_port_is_one_of_theirs()
    {
        Assert.Equal(_labelsOfPods, Map(At(Pod, "metadata.labels")));
        Assert.Equal(_labelsOfPods, Map(At(Set, "spec.selector.matchLabels")));
        Assert.Equal(_labelsOfPods, Map(At(One("PodDisruptionBudget"), "spec.selector.matchLabels")));
        Assert.Equal(_labelsOfPods, Map(At(One("NetworkPolicy"), "spec.podSelector.matchLabels")));
        var ports = ((YamlSequenceNode)At(Container, "ports")).ToDictionary(port => Text(port, "name"), port => Text(port, "containerPort"));
        Assert.Equal(["http", "peer"], ports.Keys);
        Assert.All(_objects.Where(found => Text(found, "kind") == "Service"), service =>
        {
            Assert.All(_labelsOfPods, label => Assert.Contains(label, Map(At(service, "spec.selector"))));
            Assert.All((YamlSequenceNode)At(service, "spec.ports"), port => Assert.Equal(ports[Text(port, "targetPort")], Text(port, "port")));
        });
        Assert.All(((YamlSequenceNode)At(One("NetworkPolicy"), "spec.ingress")).SelectMany(rule => (YamlSequenceNode)rule["ports"]), port => Assert.Contains(Text(port, "port"), ports.Keys));
    }

    [Fact]
    public void Each_pod_has_a_service_of_its_own_that_does_not_wait_until_it_is_ready()
    {
        var own = _objects.Where(found => Text(found, "kind") == "Service")
            .Where(service => Map(At(service, "spec.selector")).ContainsKey("statefulset.kubernetes.io/pod-name")).ToList();
        Assert.Equal(int.Parse(Text(At(Set, "spec"), "replicas"), System.Globalization.CultureInfo.InvariantCulture), own.Count);
        Assert.All(own, service =>
        {
            Assert.Equal(Text(service["metadata"], "name"), Map(At(service, "spec.selector"))["statefulset.kubernetes.io/pod-name"]);
            Assert.Equal("true", Text(service["spec"], "publishNotReadyAddresses"));
        });
        var headless = Assert.Single(_objects, found => Text(found, "kind") == "Service" && Text(found["metadata"], "name") == Text(Set["spec"], "serviceName"));
        Assert.Equal("None", Text(headless["spec"], "clusterIP"));
    }

    [Fact]
    public void Probes_ask_for_what_the_node_answers_and_a_node_that_is_not_ready_is_not_restarted()
    {
        var described = File.ReadAllText(Path.Combine(Repository.Root, "src/Node/Http/openapi.json"));
        foreach (var (probe, path) in (ReadOnlySpan<(string, string)>)[("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")])
        {
            Assert.Equal((path, "http"), (Text(At(Container, $"{probe}.httpGet"), "path"), Text(At(Container, $"{probe}.httpGet"), "port")));
            Assert.Contains($"\"{path}\"", described, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_pods_user_is_that_of_the_container_file()
    {
        var file = File.ReadAllText(Path.Combine(Repository.Root, "deploy/node.dockerfile"));
        Assert.Equal(Text(At(Pod, "spec.securityContext"), "runAsUser"), Regex.Match(file, "^USER (.+)$", RegexOptions.Multiline).Groups[1].Value);
        var variables = Regex.Matches(file, @"RAFT_\w+").Select(match => match.Value).ToList();
        Assert.NotEmpty(variables);
        Assert.All(variables, variable => Assert.Contains(variable, OptionList.All.Select(line => line.Variable)));
    }

    [Fact]
    public void The_compose_file_starts_three_nodes_that_know_each_other()
    {
        var services = Documents(Path.Combine(Repository.Root, "deploy/compose.yaml")).Single()["services"];
        foreach (var name in (string[])["n1", "n2", "n3"])
        {
            var environment = Map(services[name]["environment"]);
            environment["RAFT_DATA"] = "/data";
            environment["RAFT_INSECURE"] = "true";
            var options = Assert.IsType<OptionsRead.Sound>(OptionReader.Read([], new Hashtable(environment))).Options;
            Assert.Equal((name, 3, Text(services[name]["networks"]["raft"], "ipv4_address")), (options.Node, options.Members.Length, options.Http.Host));
        }
    }

    [Fact]
    public async Task Kustomize_makes_them_one()
    {
        Assert.SkipUnless(Programs.Has("kubectl"), "needs kubectl");
        var (code, said) = await Programs.RunAsync("kubectl", ["kustomize", Path.Combine(Repository.Root, "deploy/kubernetes")]);
        Assert.True(code == 0, said);
        Assert.Equal(_objects.Length, Regex.Count(said, "^kind: ", RegexOptions.Multiline));
        Assert.Contains("image: registry.example/raftcluster-node:", said, StringComparison.Ordinal);
    }

    /// <summary>What a container of this pod finds: its own variables, and those of all services that were there before it.</summary>
    private static Hashtable Environment(string pod)
    {
        var found = new Dictionary<string, string>();
        foreach (var (service, at) in _objects.Where(found => Text(found, "kind") == "Service" && !Map(found["spec"]).ContainsValue("None")).Select((service, at) => (service, at)))
        {
            var name = Text(service["metadata"], "name").ToUpperInvariant().Replace('-', '_');
            var own = Map(At(service, "spec.selector")).TryGetValue("statefulset.kubernetes.io/pod-name", out var of);
            found[$"{name}_SERVICE_HOST"] = own ? $"10.96.0.1{of![^1]}" : $"10.96.0.{at + 50}";
            found[$"{name}_SERVICE_PORT"] = "8001";
            found[$"{name}_PORT_8001_TCP_ADDR"] = found[$"{name}_SERVICE_HOST"];
        }

        foreach (var (name, value) in Map(One("ConfigMap")["data"]))
        {
            found[name] = value;
        }

        foreach (var variable in (YamlSequenceNode)Container["env"])
        {
            found[Text(variable, "name")] = variable is YamlMappingNode { Children: var children } && children.ContainsKey("value")
                ? Reference().Replace(Text(variable, "value"), match => found[match.Groups[1].Value])
                : Text(At(variable, "valueFrom.fieldRef"), "fieldPath") == "metadata.name" ? pod : throw new InvalidDataException("a field that is not known here");
        }

        return new Hashtable(found);
    }

    private static IEnumerable<YamlMappingNode> Documents(string file)
    {
        var yaml = new YamlStream();
        using var text = File.OpenText(file);
        yaml.Load(new YamlDotNet.Core.MergingParser(new YamlDotNet.Core.Parser(text)));
        return [.. yaml.Documents.Select(document => (YamlMappingNode)document.RootNode)];
    }

    private static YamlMappingNode One(string kind) => Assert.Single(_objects, found => Text(found, "kind") == kind);

    private static YamlNode At(YamlNode node, string path) => path.Split('.').Aggregate(node, (at, name) => at[name]);

    private static string Text(YamlNode node, string name) => ((YamlScalarNode)node[name]).Value!;

    private static Dictionary<string, string> Map(YamlNode node) => ((YamlMappingNode)node).Children
        .Where(child => child.Value is YamlScalarNode).ToDictionary(child => ((YamlScalarNode)child.Key).Value!, child => ((YamlScalarNode)child.Value).Value!);

    [GeneratedRegex(@"\$\((\w+)\)")]
    private static partial Regex Reference();
}
