namespace RaftCluster.Node.Consensus.Members;

/// <summary>
/// What a leader does about its members by itself: sees that learners are fed, gives a vote to one that has been close behind
/// for a while, and raises the state version when all can apply newer entries.
/// </summary>
internal sealed partial class MembershipKeeper(
    MembershipChanges changes, MembershipRules rules, LearnerFeeds feeds, Func<bool> leads, ConsensusOptions options, TimeProvider time,
    ILogger logger) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<string, long> _closeSince = new(StringComparer.Ordinal);
    private Task _running = Task.CompletedTask;

    /// <summary>Begins.</summary>
    public void Start() => _running = RunAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(options.HeartbeatInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
            {
                feeds.CloseThoseDone();
                if (leads())
                {
                    feeds.Look();
                    await PromoteAsync().ConfigureAwait(false);
                    await RaiseAsync().ConfigureAwait(false);
                }
                else
                {
                    _closeSince.Clear();
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The node stops.
        }
    }

    private async Task PromoteAsync()
    {
        var view = changes.View;
        foreach (var learner in view.Current.Members.Where(member => member is { IsVoter: false, Promotion: Promotion.Auto }))
        {
            if (!rules.IsWell(view, learner.Id))
            {
                _closeSince.Remove(learner.Id);
                continue;
            }

            _closeSince.TryAdd(learner.Id, time.GetTimestamp());
            if (time.GetElapsedTime(_closeSince[learner.Id]) < options.PromotionAfter || !view.IsCommitted)
            {
                continue;
            }

            // One at a time; refused or not, the next attempt is as far away as this one was.
            _closeSince.Remove(learner.Id);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
            patience.CancelAfter(options.ElectionTimeout * 4);
            if (await changes.ChangeAsync(new MemberChange.Alter(learner.Id) { Role = MemberRole.Voter }, patience.Token).ConfigureAwait(false)
                is MembershipAnswer.Refused refused)
            {
                Log.NotPromoted(logger, learner.Id, refused.Detail);
            }

            return;
        }
    }

    private async Task RaiseAsync()
    {
        var view = changes.View;
        if (view.CommonStateVersion is var common && common > Math.Max(view.Current.StateVersion, options.FirstStateVersion) && view.IsCommitted)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
            patience.CancelAfter(options.ElectionTimeout * 4);
            _ = await changes.ChangeAsync(new MemberChange.Raise(common), patience.Token).ConfigureAwait(false);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1311, LogLevel.Information, "{Member} stays a learner for now: {Reason}")]
        public static partial void NotPromoted(ILogger logger, string member, string reason);
    }
}
