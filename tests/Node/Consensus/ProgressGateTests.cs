using RaftCluster.Node.Consensus;

namespace RaftCluster.Tests.Node.Consensus;

public sealed class ProgressGateTests
{
    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Fact]
    public void What_is_reached_already_needs_no_wait()
    {
        var gate = new ProgressGate(5);
        Assert.True(gate.WaitAsync(5, Patience).AsTask().IsCompletedSuccessfully);
        Assert.False(gate.WaitAsync(6, Patience).AsTask().IsCompleted);
    }

    [Fact]
    public async Task Only_those_whose_number_is_reached_are_woken()
    {
        var gate = new ProgressGate(0);
        var (third, first, second) = (gate.WaitAsync(3, Patience).AsTask(), gate.WaitAsync(1, Patience).AsTask(), gate.WaitAsync(2, Patience).AsTask());
        gate.Advance(2);
        await Task.WhenAll(first, second);
        Assert.False(third.IsCompleted);
        gate.Advance(1);
        Assert.Equal(2, gate.Reached);
        gate.Advance(9);
        await third;
    }

    [Fact]
    public async Task Who_gives_up_is_told_so_and_disturbs_nobody()
    {
        var gate = new ProgressGate(0);
        using var patience = new CancellationTokenSource();
        var impatient = gate.WaitAsync(1, patience.Token).AsTask();
        var patient = gate.WaitAsync(1, Patience).AsTask();
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        gate.Advance(1);
        await patient;
    }

    [Fact]
    public async Task Nobody_is_missed_when_many_wait_while_it_advances()
    {
        var gate = new ProgressGate(0);
        var waits = Enumerable.Range(0, 8).Select(worker => Task.Run(
            async () =>
            {
                for (var target = worker; target <= 20_000; target += 8)
                {
                    await gate.WaitAsync(target, Patience);
                    Assert.True(gate.Reached >= target);
                }
            },
            Patience));
        var advance = Task.Run(
            () =>
            {
                for (var to = 1; to <= 20_000; to++)
                {
                    gate.Advance(to);
                }
            },
            Patience);
        await Task.WhenAll([.. waits, advance]).WaitAsync(TimeSpan.FromMinutes(1), Patience);
    }
}
