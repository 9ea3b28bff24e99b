using System.Text.RegularExpressions;
using RaftCluster.Cli;
using RaftCluster.Tests.Architecture;
using RaftCluster.Tests.Node.Metrics;

namespace RaftCluster.Tests.Deploy;

/// <summary>The rules and alerts of deploy/prometheus: sound, about metrics that there are, each with a page and tests.</summary>
public sealed partial class RuleTests
{
    private static string Folder => Path.Combine(Repository.Root, "deploy/prometheus");

    private static string Alerts => File.ReadAllText(Path.Combine(Folder, "rules/alerts.yml"));

    private static string Runbooks => Path.Combine(Repository.Root, "docs/runbooks");

    public static TheoryData<string> Names => [.. AlertName().Matches(Alerts).Select(match => match.Groups[1].Value)];

    [Theory, MemberData(nameof(Names))]
    public void An_alert_has_a_page_that_shows_what_it_asks_and_is_listed(string alert)
    {
        var page = File.ReadAllText(Path.Combine(Runbooks, $"{alert}.md"));

        Assert.StartsWith($"# {alert}\n", page, StringComparison.Ordinal);
        Assert.Contains($"```promql\n{ExpressionOf(alert)}\n```", page, StringComparison.Ordinal);
        Assert.Contains("\n## What to look at\n\n- ", page, StringComparison.Ordinal);
        Assert.Contains("\n## What to do\n\n1. ", page, StringComparison.Ordinal);
        Assert.Contains($"[{alert}]({alert}.md)", File.ReadAllText(Path.Combine(Runbooks, "README.md")), StringComparison.Ordinal);
        Assert.Contains($"runbook: docs/runbooks/{alert}.md", Alerts, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Names))]
    public void An_alert_is_tested_when_it_fires_and_when_it_must_not(string alert)
    {
        var tests = File.ReadAllText(Path.Combine(Folder, "tests/alerts.yml"));

        Assert.Contains($"- name: {alert} fires\n", tests, StringComparison.Ordinal);
        Assert.Contains($"- name: {alert} stays quiet\n", tests, StringComparison.Ordinal);
    }

    [Fact]
    public void There_is_no_page_without_its_alert() => Assert.Equal(
        Names.Select(name => name.Data).Append("README").Order(StringComparer.Ordinal),
        Directory.GetFiles(Runbooks).Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));

    [Fact]
    public void What_a_page_says_to_type_is_a_command()
    {
        var commands = Directory.GetFiles(Runbooks).SelectMany(page => Command().Matches(File.ReadAllText(page)).Select(match => match.Groups[1].Value))
            .Distinct().ToList();
        Assert.True(commands.Count > 15, $"{commands.Count} commands");
        var root = Cli.HelpTests.Root();
        Assert.All(commands, command =>
        {
            var parsed = root.Parse(Spaces().Split(command), Raftctl.Grammar);
            Assert.True(parsed.Errors.Count == 0, $"{command}: {string.Join("; ", parsed.Errors.Select(error => error.Message))}");
            Assert.True(parsed.CommandResult.Command != root, $"{command} is no command");
        });
    }

    [Fact]
    public void Rules_pages_and_tests_speak_of_metrics_that_there_are()
    {
        var files = Directory.GetFiles(Folder, "*.yml", SearchOption.AllDirectories).Concat(Directory.GetFiles(Runbooks));
        Assert.All(files, file => Assert.Empty(MetricNames.UnknownIn(File.ReadAllText(file)).Select(name => $"{Path.GetFileName(file)}: {name}")));
    }

    [Fact]
    public async Task Prometheus_takes_the_configuration_and_the_tests_of_the_alerts_pass()
    {
        Assert.SkipUnless(PrometheusTools.Has("promtool"), "needs promtool, of Debian's package prometheus");

        var (code, said) = await PrometheusTools.RunAsync("promtool", ["check", "config", Path.Combine(Folder, "prometheus.yml")]);
        Assert.True(code == 0, said);
        (code, said) = await PrometheusTools.RunAsync("promtool", ["test", "rules", Path.Combine(Folder, "tests/alerts.yml")]);
        Assert.True(code == 0, said);
    }

    private static string ExpressionOf(string alert)
    {
        var rule = Alerts[Alerts.IndexOf($"- alert: {alert}\n", StringComparison.Ordinal)..];
        return Expression().Match(rule).Groups[1].Value.Replace("''", "'", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"- alert: (\w+)\n")]
    private static partial Regex AlertName();

    [GeneratedRegex("expr: '(.*)'\n")]
    private static partial Regex Expression();

    [GeneratedRegex(@"`raftctl ([^`]+)`", RegexOptions.Singleline)]
    private static partial Regex Command();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
