using RaftCluster.Node.Consensus.Elections;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Node.Consensus;

/// <content>Who leads, by an operator's will.</content>
public sealed partial class ConsensusNode
{
    private readonly Turn _drains = new();
    private readonly CancellationTokenSource _disposing = new();
    private Task _leaving = Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask<LeadershipResult> HandOverAsync(string? to, CancellationToken patience)
    {
        if (Leader?.Id != _options.Self.Id)
        {
            return new LeadershipResult.NotLeader();
        }

        var term = _persistent.LeaderTerm;
        var result = to is null
            ? await _handOver.ToAnyAsync(patience).ConfigureAwait(false)
            : await _handOver.ToAsync(to, patience).ConfigureAwait(false);
        switch (result)
        {
            case LeadershipResult.Done { Leader: { } heir } when heir.Id != _options.Self.Id:
                Log.HandedOver(_logger, term, heir.Id);
                break;
            case LeadershipResult.Refused refused:
                Log.NotHandedOver(_logger, term, refused.Why);
                break;
        }

        return result;
    }

    /// <inheritdoc/>
    public async ValueTask<LeadershipResult> FailOverAsync(CancellationToken patience)
    {
        if (await LiveLeaderAsync(patience).ConfigureAwait(false) is { } alive)
        {
            return alive.Id == _options.Self.Id
                ? new LeadershipResult.Done(alive)
                : new LeadershipResult.Refused($"{alive.Id} leads, and proved it: it can hand over");
        }

        if (_candidacy.Refusal is { } refusal)
        {
            return new LeadershipResult.Refused($"{_options.Self.Id} {refusal}");
        }

        try
        {
            while (true)
            {
                _candidacy.Call(_raft.Term);
                _timer.Wake();
                await _leaders.WaitForChangeAsync(null, ElectionTimer.Step(_options.ElectionTimeout), patience).ConfigureAwait(false);
                if (Leader is { } leader)
                {
                    return leader.Id == _options.Self.Id
                        ? new LeadershipResult.Done(leader)
                        : new LeadershipResult.Refused($"{leader.Id} leads");
                }
            }
        }
        catch (OperationCanceledException)
        {
            var answers = _election.Polls.LastAnswers;
            return new LeadershipResult.Refused(
                $"{_options.Self.Id} was not elected{(answers.Length > 0 ? $": {answers}" : "")}");
        }
        finally
        {
            _candidacy.EndCall();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<LeadershipResult> DrainAsync(bool drained, CancellationToken patience)
    {
        using (await _drains.TakeAsync(patience).ConfigureAwait(false))
        {
            if (_candidacy.IsDrained != drained)
            {
                // First, so that it isn't elected again at once; and on the disk, so that a restart in between changes nothing.
                _drain.Set(drained);
                _candidacy.IsDrained = drained;
                Log.Drained(_logger, drained ? "drained: it leaves leading to the others" : "no longer drained");
            }

            if (drained && await HandOverAsync(null, patience).ConfigureAwait(false) is LeadershipResult.Refused refused)
            {
                _candidacy.IsDrained = false;
                _drain.Set(false);
                return new LeadershipResult.Refused($"nobody can lead in place of {_options.Self.Id}: {refused.Why}");
            }

            return new LeadershipResult.Done(Leader);
        }
    }

    /// <inheritdoc/>
    public ValueTask WaitForChangeAsync(Member? known, TimeSpan limit, CancellationToken patience) =>
        _leaders.WaitForChangeAsync(known, limit, patience);

    /// <inheritdoc/>
    public async ValueTask<bool> LeadsSoonAsync(CancellationToken patience)
    {
        try
        {
            await WaitWhileElectedAsync(patience).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }

        return Leader?.Id == _options.Self.Id && !_proposer.IsPaused;
    }

    /// <inheritdoc/>
    public async ValueTask ResignAsync(CancellationToken patience)
    {
        if (_peers.Voters.Length > 1)
        {
            await HandOverAsync(null, patience).ConfigureAwait(false);
        }
    }

    /// <summary>Ends the process over rows that can't be used, after another node has taken over: until then these rows serve no worse than before.</summary>
    private async Task FailAsync(StorageException failed)
    {
        using var patience = new CancellationTokenSource(_options.ElectionTimeout * 2, _time);
        try
        {
            await ResignAsync(patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            // Nobody could, in time: it ends all the same.
        }

        Fail(failed);
    }

    /// <summary>Leaves leading to the others as soon as one of them can: this node is drained, and leads only since nobody else did.</summary>
    /// <param name="before">What it did about an earlier term.</param>
    /// <param name="token">Ends it.</param>
    private async Task LeaveLeadingAsync(Task before, CancellationToken token)
    {
        await before.ConfigureAwait(false);
        try
        {
            while (_candidacy.IsDrained && _raft.IsLeading)
            {
                await WaitWhileElectedAsync(token).ConfigureAwait(false);
                if (await HandOverAsync(null, token).ConfigureAwait(false) is not LeadershipResult.Done)
                {
                    await _leaders.WaitForChangeAsync(Leader, _options.ElectionTimeout, token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            // The node stops, or leads no more.
        }
    }

    /// <summary>Waits while this node is elected and has committed nothing in its term yet.</summary>
    private async ValueTask WaitWhileElectedAsync(CancellationToken patience)
    {
        while (Leader is null && _raft.IsLeading)
        {
            await _leaders.WaitForChangeAsync(null, _options.HeartbeatInterval, patience).ConfigureAwait(false);
        }
    }

    /// <summary>The leader, when it proves that it leads within an election timeout; null when nobody does.</summary>
    private async ValueTask<Member?> LiveLeaderAsync(CancellationToken patience)
    {
        if (Leader is not { } leader)
        {
            return null;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(patience);
        limit.CancelAfter(_options.ElectionTimeout);
        return await ConfirmLeadershipAsync(limit.Token).ConfigureAwait(false) is not null ? Leader ?? leader : null;
    }

    private static partial class Log
    {
        [LoggerMessage(1002, LogLevel.Information, "handed over the leadership of term {Term} to {Heir}")]
        public static partial void HandedOver(ILogger logger, long term, string heir);

        [LoggerMessage(1004, LogLevel.Warning, "the leadership of term {Term} was not handed over: {Reason}")]
        public static partial void NotHandedOver(ILogger logger, long term, string reason);

        [LoggerMessage(1005, LogLevel.Information, "this node is {State}")]
        public static partial void Drained(ILogger logger, string state);
    }
}
