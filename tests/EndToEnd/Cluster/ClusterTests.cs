namespace RaftCluster.Tests.EndToEnd.Cluster;

/// <summary>These tests take the whole machine: one class at a time, and nothing else meanwhile.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ClusterCollection
{
    public const string Name = "clusters of processes";
}

/// <summary>A test with a cluster of its own; when it fails, the nodes' logs come with it.</summary>
[Collection(ClusterCollection.Name)]
public abstract class ClusterTests : IAsyncLifetime
{
    private const int TailLines = 120;

    private TestCluster? _cluster;

    /// <summary>The cluster.</summary>
    private protected TestCluster Cluster => _cluster ?? throw new InvalidOperationException("not started yet");

    /// <summary>How many nodes the test needs.</summary>
    private protected virtual int Count => 3;

    /// <summary>Further options of every node.</summary>
    private protected virtual string[] Options => ["--election-timeout", "600ms"];

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "processes are killed, paused and resumed with Linux's signals");
        _cluster = await TestCluster.StartAsync(Count, Options);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_cluster is null)
        {
            return;
        }

        if (TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(_cluster.Logs(TailLines));
            KeepLogs(_cluster);
        }

        await _cluster.DisposeAsync();
    }

    private static void KeepLogs(TestCluster cluster)
    {
        if (Environment.GetEnvironmentVariable("RAFTCLUSTER_TEST_LOGS") is { Length: > 0 } folder)
        {
            var kept = Directory.CreateDirectory(Path.Combine(folder, Path.GetFileName(cluster.Folder)));
            foreach (var node in cluster.Nodes)
            {
                File.WriteAllText(Path.Combine(kept.FullName, $"{node.Id}.log"), node.Log.Tail(int.MaxValue));
            }
        }
    }
}
