using System.Xml.Linq;

namespace RaftCluster.Tests.Architecture;

/// <summary>The arrows of docs/ARCHITECTURE.md: who may know whom.</summary>
public sealed class ArrowTests
{
    /// <summary>Tasks, clocks, chance, files, processes: what a replica's decisions must not depend on.</summary>
    private static readonly string[] Impure =
    [
        "Task", "ValueTask", "Thread", "ThreadPool", "Timer", "TimeProvider", "Stopwatch",
        "DateTime", "DateTimeOffset", "Environment", "Random", "NewGuid", "CreateVersion7", "RandomNumberGenerator",
        "File", "FileInfo", "Directory", "DirectoryInfo", "FileStream", "RandomAccess", "Process", "Socket", "HttpClient",
        "Console",
    ];

    public static TheoryData<string, string[]> References => new()
    {
        { "src/StateMachine/RaftCluster.StateMachine.csproj", [] },
        { "src/Node/RaftCluster.Node.csproj", ["RaftCluster.StateMachine"] },
        { "src/Client/RaftCluster.Client.csproj", [] },
        { "src/Cli/RaftCluster.Cli.csproj", ["RaftCluster.Client"] },
        { "bench/RaftCluster.Bench.csproj", [] },
        { "bench/Micro/RaftCluster.Micro.csproj", ["RaftCluster.StateMachine", "RaftCluster.Node"] },
        { "chaos/RaftCluster.Chaos.csproj", [] },
        { "browser/RaftCluster.Browser.csproj", [] },
    };

    [Theory]
    [InlineData("DotNext", "src/Node/Consensus/")]
    [InlineData("RocksDbSharp", "src/StateMachine/Storage/")]
    [InlineData("Prometheus", "src/Node/Metrics/")]
    [InlineData("OpenTelemetry", "src/Node/Tracing/")]
    public void A_library_is_known_in_one_folder_alone(string library, string folder)
    {
        var knowing = Repository.Sources("src").Where(source => source.Names(library)).Select(source => source.Path).ToList();

        Assert.NotEmpty(knowing);
        Assert.All(knowing, path => Assert.StartsWith(folder, path, StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(References))]
    public void A_project_refers_to_those_it_may(string project, string[] allowed)
    {
        var references = XDocument.Load(Path.Combine(Repository.Root, project)).Descendants("ProjectReference")
            .Where(reference => (string?)reference.Attribute("ReferenceOutputAssembly") != "false")
            .Select(reference => Path.GetFileNameWithoutExtension(((string?)reference.Attribute("Include"))!.Replace('\\', '/')));

        Assert.Equal(allowed, references);
    }

    [Fact]
    public void Every_project_is_in_the_solution_but_that_for_browsers()
    {
        var solution = File.ReadAllText(Path.Combine(Repository.Root, "RaftCluster.sln"));

        // Its driver is a download of 200 MB: who builds and tests everything else must not need it.
        Assert.DoesNotContain("RaftCluster.Browser.csproj", solution, StringComparison.Ordinal);
        Assert.All(Repository.Projects().Where(project => project.Name != "RaftCluster.Browser.csproj"), project => Assert.Contains(project.Name, solution, StringComparison.Ordinal));
    }

    [Fact]
    public void The_state_machine_decides_without_clock_chance_files_or_tasks()
    {
        var decisions = Repository.Sources("src/StateMachine")
            .Where(source => !source.Path.StartsWith("src/StateMachine/Storage/", StringComparison.Ordinal))
            .ToList();

        Assert.NotEmpty(decisions);
        Assert.All(decisions, source => Assert.Empty(Impure.Where(source.Names).Select(word => $"{source.Path}: {word}")));
    }

    [Fact]
    public void The_client_and_the_command_line_know_nothing_of_the_servers()
    {
        var outside = Repository.Sources("src/Client").Concat(Repository.Sources("src/Cli"));

        Assert.All(outside, source =>
        {
            Assert.False(source.Names("RaftCluster.Node"), source.Path);
            Assert.False(source.Names("RaftCluster.StateMachine"), source.Path);
        });
    }
}
