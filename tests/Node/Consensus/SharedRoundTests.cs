using RaftCluster.Node.Consensus;

namespace RaftCluster.Tests.Node.Consensus;

public sealed class SharedRoundTests
{
    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_comes_during_a_round_waits_for_the_next_one()
    {
        var rounds = new Queue<TaskCompletionSource<long?>>([new(), new()]);
        var begun = 0;
        var shared = new SharedRound(() =>
        {
            begun++;
            return rounds.Peek().Task;
        });

        var first = shared.JoinAsync(Patience);
        var later = Enumerable.Range(0, 5).Select(_ => shared.JoinAsync(Patience)).ToArray();
        Assert.Equal(1, begun);
        rounds.Dequeue().SetResult(10);
        Assert.Equal(10, await first);
        Assert.All(later, wait => Assert.False(wait.IsCompleted));
        rounds.Peek().SetResult(20);
        Assert.All(await Task.WhenAll(later), index => Assert.Equal(20, index));
        Assert.Equal(2, begun);
    }

    [Fact]
    public async Task It_begins_again_after_a_rest_and_passes_on_that_there_was_no_proof()
    {
        var answers = new Queue<long?>([null, 7]);
        var shared = new SharedRound(() => Task.FromResult(answers.Dequeue()));
        Assert.Null(await shared.JoinAsync(Patience));
        Assert.Equal(7, await shared.JoinAsync(Patience));
    }
}
