using CsCheck;
using RaftCluster.Tests.EndToEnd.Cluster;
using RaftCluster.Tests.EndToEnd.Model;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>Random requests through all nodes, each answer held against a model that has no disk, no network and no other nodes.</summary>
public sealed class ModelTests : ClusterTests
{
    private const int Operations = 2_000;

    /// <summary>So long that no election comes of a busy machine: the model knows no refusals but those asked for.</summary>
    private protected override string[] Options => ["--election-timeout", "2s"];

    [Fact]
    public Task Two_thousand_random_operations_are_answered_as_by_the_model_with_a_restart_in_the_middle() =>
        Operation.Any.Array[Operations].SampleAsync(
            PlayAsync, iter: 1, threads: 1, print: static operations => $"{operations.Length} operations");

    private async Task PlayAsync(Operation[] operations)
    {
        var referee = new Referee(Cluster);
        for (var i = 0; i < operations.Length; i++)
        {
            if (i == operations.Length / 2)
            {
                await Cluster.RestartAllAsync();
            }

            try
            {
                await referee.PlayAsync(operations[i]);
            }
            catch (Exception failure)
            {
                var last = operations.Take(i + 1).TakeLast(8).Select(operation => operation.ToString());
                throw new InvalidOperationException(
                    $"operation {i}: {failure.Message}\nThe last ones were\n{string.Join('\n', last)}", failure);
            }
        }

        Assert.Equal(referee.Store.Revision, await Cluster.SameStateAsync(referee.Store.Revision, TestCluster.StartBound));
    }
}
