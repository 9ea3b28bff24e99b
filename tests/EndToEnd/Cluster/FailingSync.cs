using RaftCluster.Chaos;
using RaftCluster.Chaos.Faults;

namespace RaftCluster.Tests.EndToEnd.Cluster;

/// <summary>
/// A disk that from a moment on fails to bring anything to rest: in one node's process every fdatasync ends with EIO then,
/// by a filter in the kernel, while writes go on to succeed.
/// </summary>
internal sealed class FailingSync
{
    private readonly string _folder;
    private readonly string _node;

    private FailingSync(string folder, string node, IReadOnlyDictionary<string, string> environment) =>
        (_folder, _node, Environment) = (folder, node, environment);

    /// <summary>Makes one, or skips the test and says why.</summary>
    /// <param name="folder">Where its files go.</param>
    /// <param name="node">The name of the node that is to meet it.</param>
    public static async Task<FailingSync> MakeAsync(string folder, string node)
    {
        Dictionary<string, string> environment = [];
        try
        {
            environment = new(await NodeShim.PrepareAsync(folder, await NodeShim.BuildAsync(folder), node));
        }
        catch (HarnessException unable)
        {
            Assert.Skip($"a failing sync can't be made here: {unable.Message}");
        }

        // Its clock is the machine's.
        environment.Remove(NodeShim.ClockVariable);
        return new FailingSync(folder, node, environment);
    }

    /// <summary>The environment of the node that is to meet it.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>Fails every sync from now on.</summary>
    public Task BeginAsync() => NodeShim.FailSyncsAsync(_folder, _node);
}
