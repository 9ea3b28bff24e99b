using System.Collections;
using System.Text.RegularExpressions;
using RaftCluster.Cli.Up;
using RaftCluster.Node;
using RaftCluster.Node.Configuration;
using RaftCluster.Tests.Architecture;
using Programs = RaftCluster.Tests.Node.Metrics.PrometheusTools;

namespace RaftCluster.Tests.Deploy;

/// <summary>The service of deploy/systemd: what systemd thinks of it, and that it speaks of options and exit codes that there are.</summary>
public sealed partial class ServiceTests
{
    private static string Folder => Path.Combine(Repository.Root, "deploy/systemd");

    private static string Unit => File.ReadAllText(Path.Combine(Folder, "raftcluster-node.service"));

    private static string[] Settings => [.. File.ReadAllLines(Path.Combine(Folder, "node.env")).Where(line => AnySetting().IsMatch(line))];

    [Fact]
    public void It_is_not_started_again_after_what_somebody_must_look_at()
    {
        // As raftctl's up has it; after a failed disk too, for what the kernel shows then may never have been written.
        var hopeless = Enumerable.Range(1, 20).Where(ProcessEnd.IsHopeless).Append(ExitCode.Disk).Append(ExitCode.JoinRefused).Order();
        Assert.Equal(string.Join(' ', hopeless), Value("RestartPreventExitStatus"));
        Assert.Equal("on-failure", Value("Restart"));
    }

    [Fact]
    public void A_node_takes_its_settings_as_they_are_and_with_those_that_are_commented_out()
    {
        var unit = Environment().Matches(Unit).Select(match => match.Groups[1].Value);
        var plain = Read([.. unit, .. Settings.Where(line => line[0] != '#')]);
        Assert.Equal("/var/lib/raftcluster/node", plain.Data);
        Assert.Equal("n1", Assert.Single(plain.Members).Id);

        var all = Settings.Select(line => line.TrimStart('#')).ToList();
        Assert.True(all.Count >= 6, $"{all.Count} settings");
        // The addresses that are there already are those of a node by itself.
        string[] members = [.. unit, .. all.Where(line => !line.StartsWith("RAFT_JOIN", StringComparison.Ordinal) && !line.Contains("127.0.0.1", StringComparison.Ordinal))];
        Assert.Equal(3, Read(members).Members.Length);
        string[] joins = [.. unit, .. all.Where(line => !line.StartsWith("RAFT_MEMBERS", StringComparison.Ordinal))];
        Assert.NotNull(Read(joins).Join);
    }

    [Fact]
    public async Task Systemd_takes_the_unit_and_finds_it_well_shut_in()
    {
        Assert.SkipUnless(Programs.Has("systemd-analyze"), "needs systemd-analyze");
        var folder = Directory.CreateTempSubdirectory("raftcluster-unit-");
        try
        {
            // The program is not installed here, and systemd looks.
            var unit = Path.Combine(folder.FullName, "raftcluster-node.service");
            await File.WriteAllTextAsync(unit, ExecStart().Replace(Unit, "ExecStart=/bin/true"), TestContext.Current.CancellationToken);
            var (code, said) = await Programs.RunAsync("systemd-analyze", ["verify", "--man=no", unit]);
            Assert.True(code == 0 && said.Length == 0, said);

            // 1.4 of 10 by systemd 252; another version may count otherwise.
            (code, said) = await Programs.RunAsync("systemd-analyze", ["security", "--offline=true", "--threshold=20", "--no-pager", unit]);
            Assert.True(code == 0, said);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static NodeOptions Read(string[] lines) => Assert.IsType<OptionsRead.Sound>(OptionReader.Read(
        [], new Hashtable(lines.Where(line => line.StartsWith("RAFT_", StringComparison.Ordinal)).Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1])))).Options;

    private static string Value(string name) => Regex.Match(Unit, $"^{name}=(.*)$", RegexOptions.Multiline).Groups[1].Value;

    [GeneratedRegex(@"^#?RAFT_\w+=\S+$")]
    private static partial Regex AnySetting();

    [GeneratedRegex("^Environment=(.*)$", RegexOptions.Multiline)]
    private static partial Regex Environment();

    [GeneratedRegex("^ExecStart=.*$", RegexOptions.Multiline)]
    private static partial Regex ExecStart();
}
