using RaftCluster.Node.Consensus.Elections;

namespace RaftCluster.Tests.Node.Consensus.Elections;

public sealed class PollsTests
{
    [Fact]
    public async Task Who_hangs_is_given_up_once_a_majority_agrees()
    {
        var polls = new Polls(() => 5);
        polls.GrantOwn(pre: true, 7);
        var (one, two, hung) = (new TaskCompletionSource<bool>(), new TaskCompletionSource<bool>(), new TaskCompletionSource<bool>());
        var asked = new[] { one, two, hung, hung }.Select((answer, at) => AskAsync(polls, $"n{at + 2}", answer.Task)).ToArray();
        one.SetResult(true);
        Assert.Equal((true, true), await asked[0]);
        Assert.All(asked[1..], asking => Assert.False(asking.IsCompleted));

        two.SetResult(true);

        Assert.Equal((true, true), await asked[1]);
        Assert.Equal((false, false), await asked[2]);
        Assert.Equal((false, false), await asked[3]);
        Assert.Equal(Attempt.UnderWay, polls.Attempt);
        Assert.Equal("n2 agrees, n3 agrees", polls.LastAnswers);
    }

    [Fact]
    public async Task A_poll_is_lost_with_the_last_answer_that_a_majority_needs()
    {
        var polls = new Polls(() => 3);
        var lost = 0;
        polls.Lost += () => lost++;
        polls.Begin();
        polls.GrantOwn(pre: true, 7);
        await Assert.ThrowsAsync<IOException>(() => AskAsync(polls, "n2", Task.FromException<bool>(new IOException("gone"))));
        Assert.Equal((Attempt.UnderWay, 0), (polls.Attempt, lost));

        await AskAsync(polls, "n3", Task.FromResult(false));

        Assert.Equal((Attempt.Lost, 1), (polls.Attempt, lost));
        Assert.Equal("n2 can't be reached, n3 disagrees", polls.LastAnswers);
    }

    [Fact]
    public async Task What_comes_late_decides_nothing_of_the_next_poll()
    {
        var polls = new Polls(() => 3);
        polls.GrantOwn(pre: true, 7);
        var late = new TaskCompletionSource<bool>();
        var asking = AskAsync(polls, "n2", late.Task);
        await AskAsync(polls, "n3", Task.FromResult(false));
        polls.GrantOwn(pre: true, 7);

        late.SetResult(false);
        await asking;

        Assert.Equal(Attempt.UnderWay, polls.Attempt);
    }

    private static Task<(bool, bool)> AskAsync(Polls polls, string voter, Task<bool> answer) =>
        polls.AskAsync(pre: true, 7, voter, () => answer, yes => yes);
}
