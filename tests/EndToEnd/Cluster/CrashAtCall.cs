using RaftCluster.Chaos;
using RaftCluster.Chaos.Faults;

namespace RaftCluster.Tests.EndToEnd.Cluster;

/// <summary>The end of one node's process right before a call by which it would bring something to its disk.</summary>
internal sealed class CrashAtCall
{
    private readonly string _folder;
    private readonly string _node;

    private CrashAtCall(string folder, string node, IReadOnlyDictionary<string, string> environment) =>
        (_folder, _node, Environment) = (folder, node, environment);

    /// <summary>Makes one, or skips the test and says why.</summary>
    /// <param name="folder">Where its files go.</param>
    /// <param name="node">The name of the node that is to meet it.</param>
    public static async Task<CrashAtCall> MakeAsync(string folder, string node)
    {
        try
        {
            return new CrashAtCall(folder, node, await NodeShim.PrepareAsync(folder, await NodeShim.BuildAsync(folder), node));
        }
        catch (HarnessException unable)
        {
            Assert.Skip($"a crash at a call can't be made here: {unable.Message}");
            throw;
        }
    }

    /// <summary>The environment of the node that is to meet it.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>The call that it did not come to make, and of which file.</summary>
    public string Met => NodeShim.EndedBefore(_folder, _node) ?? "no call";

    /// <summary>Ends it right before so many more calls.</summary>
    /// <param name="call"><c>write</c>, <c>sync</c> or <c>rename</c>.</param>
    /// <param name="part">What is in the path of the files whose calls count.</param>
    /// <param name="number">Before which: 1 is the next.</param>
    public void Begin(string call, string part, int number) => NodeShim.EndBefore(
        _folder,
        _node,
        call switch
        {
            "write" => DiskCalls.PositionedWrite,
            "sync" => DiskCalls.DataSync,
            "rename" => DiskCalls.Rename,
            _ => throw new ArgumentOutOfRangeException(nameof(call), call, "none that is known"),
        },
        part,
        number);
}
